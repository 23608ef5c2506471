//! Names that every parser takes: of blocks and of fields.

use super::token::is_identifier;
use crate::header::unused;

/// Names that are already taken in a document, or in a block.
#[derive(Default)]
pub(crate) struct Names(Vec<String>);

impl Names {
    /// `name` as the name of a block that no other has.
    pub(crate) fn block(&mut self, name: &str) -> String {
        let fits = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '-';
        let mut block: String = name.chars().map(|character| if fits(character) { character } else { '_' }).collect();
        if block.is_empty() {
            block.push_str("result");
        } else if !is_identifier(&block) {
            block.insert(0, '_');
        }
        self.take(&block)
    }

    /// `name` as the name of a field that no other has.
    ///
    /// A colon would start a type, a point a member of an object, and `__proto__` means something to JavaScript.
    pub(crate) fn field(&mut self, name: &str) -> String {
        match name {
            "" => self.take("_"),
            "__proto__" => self.take("proto"),
            name => self.take(&name.replace([':', '.'], "_")),
        }
    }

    fn take(&mut self, name: &str) -> String {
        let name = unused(name, &self.0);
        self.0.push(name.clone());
        name
    }
}
