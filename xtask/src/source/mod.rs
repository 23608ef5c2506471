//! A Rust file as the checks see it: code without comments and literals, and where tests, functions and attributes are.

mod scan;
#[cfg(test)]
mod tests;

pub(crate) use scan::Literal;

/// A Rust file, scanned once.
pub(crate) struct Source {
    /// The code, of the file's own length: comments and the insides of literals are spaces.
    code: String,
    literals: Vec<Literal>,
    line_starts: Vec<usize>,
}

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// The line of its `fn`, from 1.
    pub(crate) first_line: usize,
    /// The line of its closing brace.
    pub(crate) last_line: usize,
}

impl Source {
    /// Scans the text of a file.
    pub(crate) fn new(text: &str) -> Self {
        let (code, literals) = scan::scan(text);
        let line_starts = std::iter::once(0).chain(code.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Source { code, literals, line_starts }
    }

    /// The code, without comments and the insides of literals.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// The string literals.
    pub(crate) fn literals(&self) -> &[Literal] {
        &self.literals
    }

    /// The line, from 1, of that byte.
    pub(crate) fn line_of(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    /// The lines, from 1, that belong to items under `#[cfg(test)]`, as ranges from first to last.
    pub(crate) fn test_lines(&self) -> Vec<(usize, usize)> {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for (at, attribute) in self.code.match_indices("#[cfg(test)]") {
            let after = at + attribute.len();
            let end = match self.body(after) {
                Some((_, closed)) => closed,
                None => self.code.get(after..).and_then(|rest| rest.find(';')).map_or(after, |found| after + found),
            };
            let (first, last) = (self.line_of(at), self.line_of(end));
            if ranges.last().is_none_or(|(_, before)| first > *before) {
                ranges.push((first, last));
            }
        }
        ranges
    }

    /// The functions that have a body, in their order.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let mut functions = Vec::new();
        for (at, word) in words(&self.code) {
            let after = at + word.len();
            let name: String =
                self.code.get(after..).unwrap_or_default().trim_start().chars().take_while(is_name).collect();
            if word != "fn" || name.is_empty() {
                continue;
            }
            if let Some((_, end)) = self.body(after) {
                functions.push(Function { name, first_line: self.line_of(at), last_line: self.line_of(end) });
            }
        }
        functions
    }

    /// The attributes `#[..]` and `#![..]`, each with the byte where it starts.
    pub(crate) fn attributes(&self) -> Vec<(usize, &str)> {
        let starts = self.code.match_indices('#').filter_map(|(at, _)| {
            let rest = self.code.get(at + 1..)?;
            let bracket = at + 1 + usize::from(rest.starts_with('!'));
            let end = closing(self.code.get(bracket..)?, '[', ']')?;
            Some((at, self.code.get(at..=bracket + end)?))
        });
        starts.collect()
    }

    /// The bytes of the braces of the item that starts at `from`; none where it ends with a semicolon.
    fn body(&self, from: usize) -> Option<(usize, usize)> {
        let mut depth = 0_usize;
        for (at, letter) in self.code.get(from..)?.char_indices() {
            match letter {
                '(' | '[' => depth += 1,
                ')' | ']' => depth = depth.saturating_sub(1),
                ';' if depth == 0 => return None,
                '{' if depth == 0 => {
                    let opened = from + at;
                    return closing(self.code.get(opened..)?, '{', '}').map(|end| (opened, opened + end));
                }
                _ => {}
            }
        }
        None
    }
}

/// The byte of the bracket that closes the one with which `code` starts.
pub(crate) fn closing(code: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in code.char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close && depth == 1 {
            return Some(at);
        } else if letter == close {
            depth = depth.saturating_sub(1);
        } else if depth == 0 {
            return None;
        }
    }
    None
}

/// The names and keywords in `code`, each with the byte where it starts.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = code.get(from..)?;
        let start = from + rest.find(|letter| is_name(&letter))?;
        let word = code.get(start..)?.split(|letter| !is_name(&letter)).next()?;
        from = start + word.len();
        Some((start, word))
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that `take_while` asks for")]
fn is_name(letter: &char) -> bool {
    letter.is_ascii_alphanumeric() || *letter == '_'
}
