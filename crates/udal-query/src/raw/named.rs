//! The models that a statement names.

use std::sync::Arc;

use udal_core::model::{Catalog, Model};
use udal_core::{Error, Result};

use super::MAX_MODELS;
use super::lexer::Token;

/// A model that a statement names, or may name.
#[derive(Clone, Debug)]
pub struct NamedModel {
    /// The name as PostgreSQL reads it: in lower case where it is not in quotes.
    pub spelling: String,
    /// The model.
    pub model: Arc<Model>,
    /// Whether it stands where only a table can: behind `FROM` or `JOIN`. Elsewhere it may be a column.
    pub is_table: bool,
}

/// The models kept in tables that `tokens` name.
pub(super) fn named(tokens: &[Token], catalog: &Catalog) -> Result<Vec<NamedModel>> {
    let mut found: Vec<NamedModel> = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.is_name()) {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        if before.is_some_and(|before| before.is_symbol(".")) {
            continue;
        }
        let Some(model) = find(token, catalog) else { continue };
        let is_table = before.is_some_and(|before| ["from", "join", "table"].iter().any(|word| before.is_word(word)));
        match found.iter_mut().find(|named| named.spelling == token.text) {
            Some(named) => named.is_table |= is_table,
            None => {
                found.push(NamedModel { spelling: token.text.clone(), model: Arc::clone(model), is_table });
            }
        }
    }
    if found.len() > MAX_MODELS {
        return Err(Error::invalid(format!("the statement names {} models", found.len()))
            .hint(format!("at most {MAX_MODELS} can be in one")));
    }
    Ok(found)
}

/// The model kept in a table that `token` names: by its very name, or without quotes by its letters. No two names differ in
/// case alone.
fn find<'a>(token: &Token, catalog: &'a Catalog) -> Option<&'a Arc<Model>> {
    let is_folded = !token.text.bytes().any(|byte| byte.is_ascii_uppercase());
    catalog
        .models()
        .filter(|model| model.table().is_some())
        .find(|model| model.name() == token.text || (is_folded && model.name().eq_ignore_ascii_case(&token.text)))
}
