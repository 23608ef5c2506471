//! Tells code from comments and literals.

/// A string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// The line where it starts, from 1.
    pub(crate) line: usize,
    /// What stands between the quotes, escapes as written.
    pub(crate) text: String,
}

/// The code of `text`, with a space for each byte of comments and of what literals hold, and its string literals.
pub(super) fn scan(text: &str) -> (String, Vec<Literal>) {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
        line: 1,
        code: String::with_capacity(text.len()),
        literals: Vec::new(),
    };
    while scanner.at < scanner.bytes.len() {
        scanner.step();
    }
    (scanner.code, scanner.literals)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    code: String,
    literals: Vec<Literal>,
}

impl Scanner<'_> {
    fn step(&mut self) {
        match (self.peek(0), self.peek(1)) {
            (b'/', b'/') => self.blank_while(|scanner| scanner.peek(0) != b'\n'),
            (b'/', b'*') => self.block_comment(),
            (b'"', _) => self.string(),
            (b'\'', _) => self.quote(),
            (first, _) if is_name(first) => self.word(),
            _ => self.keep(),
        }
    }

    /// The byte that many places ahead; 0 past the end.
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn keep(&mut self) {
        let byte = self.peek(0);
        self.put(if byte.is_ascii() { char::from(byte) } else { ' ' });
    }

    fn blank(&mut self) {
        self.put(if self.peek(0) == b'\n' { '\n' } else { ' ' });
    }

    /// Writes `letter` for the byte that stands here, and goes on; nothing past the end.
    fn put(&mut self, letter: char) {
        if self.at < self.bytes.len() {
            self.code.push(letter);
            self.line += usize::from(letter == '\n');
            self.at += 1;
        }
    }

    fn blank_while(&mut self, goes_on: impl Fn(&Self) -> bool) {
        while self.at < self.bytes.len() && goes_on(self) {
            self.blank();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => depth += 1,
                (b'*', b'/') => depth -= 1,
                _ => {
                    self.blank();
                    continue;
                }
            }
            self.blank();
            self.blank();
            if depth == 0 {
                return;
            }
        }
    }

    /// A name or keyword; `r`, `br` and `cr` may start a raw string.
    fn word(&mut self) {
        let start = self.at;
        while is_name(self.peek(0)) {
            self.keep();
        }
        if matches!(self.bytes.get(start..self.at), Some(b"r" | b"br" | b"cr")) {
            let hashes = self.bytes.iter().skip(self.at).take_while(|byte| **byte == b'#').count();
            if self.peek(hashes) == b'"' {
                self.raw_string(hashes);
            }
        }
    }

    fn raw_string(&mut self, hashes: usize) {
        for _ in 0..=hashes {
            self.keep();
        }
        let ends = |scanner: &Self| scanner.peek(0) == b'"' && (1..=hashes).all(|ahead| scanner.peek(ahead) == b'#');
        let (start, line) = (self.at, self.line);
        self.blank_while(|scanner| !ends(scanner));
        self.remember(start, line);
        for _ in 0..=hashes {
            self.keep();
        }
    }

    fn string(&mut self) {
        self.keep();
        let (start, line) = (self.at, self.line);
        while self.at < self.bytes.len() && self.peek(0) != b'"' {
            if self.peek(0) == b'\\' {
                self.blank();
            }
            self.blank();
        }
        self.remember(start, line);
        self.keep();
    }

    fn remember(&mut self, start: usize, line: usize) {
        let bytes = self.bytes.get(start..self.at).unwrap_or_default();
        self.literals.push(Literal { line, text: String::from_utf8_lossy(bytes).into_owned() });
    }

    /// A character literal, or the tick of a lifetime.
    fn quote(&mut self) {
        let length = match self.peek(1) {
            b'\\' => self.bytes.iter().skip(self.at + 3).take_while(|byte| **byte != b'\'').count() + 2,
            first => 1 + usize::from(first >= 0xC0) + usize::from(first >= 0xE0) + usize::from(first >= 0xF0),
        };
        self.keep();
        if self.peek(length) == b'\'' {
            for _ in 0..length {
                self.blank();
            }
            self.keep();
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
