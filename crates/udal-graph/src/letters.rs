//! Words as regular expressions that ignore case exactly as core's `fold` does.

use std::collections::HashMap;
use std::sync::OnceLock;

use udal_core::search::fold;

/// Every character but the folded one itself that folds to one character, by that character.
///
/// The characters are listed, so that the answer does not depend on which Unicode the server's expressions know.
fn others() -> &'static HashMap<char, Vec<char>> {
    static OTHERS: OnceLock<HashMap<char, Vec<char>>> = OnceLock::new();
    OTHERS.get_or_init(|| {
        let mut others: HashMap<char, Vec<char>> = HashMap::new();
        for letter in '\u{1}'..=char::MAX {
            let folded = fold(letter.encode_utf8(&mut [0; 4]));
            let mut characters = folded.chars();
            if let (Some(one), None) = (characters.next(), characters.next())
                && one != letter
            {
                others.entry(one).or_default().push(letter);
            }
        }
        others
    })
}

/// The one letter that folds to two characters, `i` and a dot above.
const DOTTED: char = '\u{130}';
const DOT_ABOVE: char = '\u{307}';

/// An expression that matches in exactly the texts that hold `word`, a folded word, when they are folded.
pub(crate) fn holding(word: &str) -> String {
    let characters: Vec<char> = word.chars().collect();
    let mut expression = String::with_capacity(word.len() * 6);
    let mut at = 0;
    while let Some(&letter) = characters.get(at) {
        let next = characters.get(at + 1).copied();
        // The first half of the dotted letter may be where the word ends, its second half where it begins.
        let is_half = (letter == 'i' && next.is_none()) || (letter == DOT_ABOVE && at == 0);
        if letter == 'i' && next == Some(DOT_ABOVE) {
            expression.push_str("(?:");
            class(&mut expression, letter, false);
            class(&mut expression, DOT_ABOVE, false);
            expression.push('|');
            expression.push(DOTTED);
            expression.push(')');
            at += 2;
            continue;
        }
        class(&mut expression, letter, is_half);
        at += 1;
    }
    expression
}

fn class(expression: &mut String, letter: char, with_dotted: bool) {
    let others = others().get(&letter).map(Vec::as_slice).unwrap_or_default();
    if others.is_empty() && !with_dotted {
        push_escaped(expression, letter);
        return;
    }
    expression.push('[');
    push_escaped(expression, letter);
    others.iter().for_each(|other| push_escaped(expression, *other));
    if with_dotted {
        expression.push(DOTTED);
    }
    expression.push(']');
}

/// An expression that matches in exactly the texts that hold `text`.
pub(crate) fn literally(text: &str) -> String {
    let mut expression = String::with_capacity(text.len());
    text.chars().for_each(|letter| push_escaped(&mut expression, letter));
    expression
}

fn push_escaped(expression: &mut String, letter: char) {
    // These and no others: `\<`, for one, is no letter.
    if "\\.+*?()|[]{}^$#&-~".contains(letter) {
        expression.push('\\');
    }
    expression.push(letter);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_escaped_and_their_cases_listed() {
        assert_eq!(literally("a.b*\\"), "a\\.b\\*\\\\");
        assert_eq!(holding("k%"), "[kK\u{212a}]%");
        assert_eq!(holding("ab"), "[aA][bB]");
        assert_eq!(holding("i"), "[iI\u{130}]");
        assert_eq!(holding("ix"), "[iI][xX]");
        assert_eq!(holding("i\u{307}"), "(?:[iI]\u{307}|\u{130})");
        assert_eq!(holding("\u{307}x"), "[\u{307}\u{130}][xX]");
    }
}
