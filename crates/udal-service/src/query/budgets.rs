//! What queries may cost: by default, and of single models.

use std::collections::BTreeMap;

use udal_core::model::Model;
use udal_query::Budget;

/// What queries may cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Budgets {
    /// What a query may cost of which nothing else is said.
    pub default: Budget,
    /// What one may cost that reads a model, by its group and name, such as `lab.AppLabResult`.
    pub models: BTreeMap<String, Budget>,
}

impl Budgets {
    /// What a query may cost that reads these models: what each of them allows.
    pub fn of<'a>(&self, models: impl IntoIterator<Item = &'a Model>) -> Budget {
        let named = |model: &Model| self.models.get(&format!("{}.{}", model.group(), model.name())).copied();
        let budgets = models.into_iter().map(|model| named(model).unwrap_or(self.default));
        budgets.reduce(Budget::within).unwrap_or(self.default)
    }
}
