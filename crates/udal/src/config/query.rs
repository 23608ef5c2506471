//! The table `[query]` of a configuration file.

use std::time::Duration;

use toml::de::DeValue;

use super::Reader;
use crate::{Budget, Budgets};

const KEYS: [&str; 5] = ["max_rows", "max_bytes", "max_seconds", "max_cost", "models"];
const MODEL_KEYS: [&str; 4] = ["max_rows", "max_bytes", "max_seconds", "max_cost"];

impl Reader<'_> {
    pub(super) fn query(&mut self, at: usize, value: &DeValue<'_>, budgets: &mut Budgets) {
        let Some(table) = value.as_table() else {
            self.add(at, "`query` is a table (write `[query]` and its keys under it)".to_owned());
            return;
        };
        let mut models = None;
        for (key, at, value) in self.known(table, &KEYS) {
            match key {
                "models" => models = Some((at, value)),
                _ => self.budget(key, at, value, &mut budgets.default),
            }
        }
        // What nothing is said of is as it is of every model, wherever in the file that stands.
        if let Some((at, value)) = models {
            self.budgets_of_models(at, value, budgets);
        }
    }

    fn budgets_of_models(&mut self, at: usize, value: &DeValue<'_>, budgets: &mut Budgets) {
        const FORM: &str = "write `[query.models.\"lab.AppLabResult\"]` and its keys under it";
        let Some(models) = value.as_table() else {
            self.add(at, format!("`models` is a table ({FORM})"));
            return;
        };
        for (name, value) in models {
            let Some(table) = value.get_ref().as_table().filter(|_| name.get_ref().contains('.')) else {
                self.add(name.span().start, format!("`{}` is no table of a model ({FORM})", name.get_ref()));
                continue;
            };
            let mut budget = budgets.default;
            for (key, at, value) in self.known(table, &MODEL_KEYS) {
                self.budget(key, at, value, &mut budget);
            }
            budgets.models.insert(name.get_ref().to_string(), budget);
        }
    }

    fn budget(&mut self, key: &str, at: usize, value: &DeValue<'_>, budget: &mut Budget) {
        let number = value.as_integer().and_then(|number| number.as_str().parse::<u32>().ok()).filter(|most| *most > 0);
        match (key, number, value.as_integer().and_then(|number| number.as_str().parse::<u64>().ok())) {
            ("max_rows", Some(most), _) => budget.rows = most.into(),
            ("max_bytes", _, Some(most @ 1..)) => budget.bytes = most,
            ("max_seconds", Some(most @ ..=86_400), _) => budget.time = Duration::from_secs(most.into()),
            ("max_cost", Some(most), _) => budget.cost = Some(most.into()),
            ("max_seconds", ..) => self.add(at, format!("`{key}` is a number of seconds (1 to 86400)")),
            _ => self.add(at, format!("`{key}` is a whole number, 1 or more")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Config;

    #[test]
    fn budgets_of_queries_and_of_models() {
        let text =
            "[query]\nmax_rows = 5\nmax_seconds = 9\n[query.models.\"lab.Result\"]\nmax_cost = 7\nmax_rows = 6\n";
        let Config { budgets, .. } = Config::parse("udal.toml", text, Path::new("")).unwrap();
        let default = Budget { rows: 5, time: Duration::from_secs(9), ..Budget::default() };
        assert_eq!(budgets.default, default);
        assert_eq!(budgets.models["lab.Result"], Budget { rows: 6, cost: Some(7.0), ..default });
    }

    #[test]
    fn what_is_wrong_with_budgets_is_said_at_its_line() {
        let text = "[query]\nmax_rows = 0\nmax_seconds = 86401\nmax_row = 5\n[query.models.Result]\nmax_rows = 6\n";
        let problems = Config::parse("udal.toml", text, Path::new("")).unwrap_err().message().to_owned();
        let lines: Vec<&str> = problems.lines().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!(lines, [2, 3, 4, 5].map(|line| format!("udal.toml:{line}")), "{problems}");
    }
}
