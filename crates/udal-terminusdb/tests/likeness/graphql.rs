//! The GraphQL that Udal writes, read.

use serde_json::{Map, Value as Json, json};

/// A field that is asked for: under which name, which, with which arguments, and what of it.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) alias: String,
    pub(crate) name: String,
    pub(crate) arguments: Map<String, Json>,
    pub(crate) inner: Vec<Selection>,
}

/// Reads a request. Variables are put in their places; words such as `ASC` become strings.
pub(crate) fn read(text: &str, variables: &Map<String, Json>) -> Result<Vec<Selection>, String> {
    let mut reader = Reader { rest: text, variables };
    if reader.takes("query") {
        reader.expect("(")?;
        while !reader.takes(")") {
            reader.rest = reader.rest.get(1..).ok_or("an open list of variables")?;
        }
    }
    reader.selections()
}

struct Reader<'a> {
    rest: &'a str,
    variables: &'a Map<String, Json>,
}

impl<'a> Reader<'a> {
    fn takes(&mut self, text: &str) -> bool {
        self.rest = self.rest.trim_start_matches([' ', ',', '\n']);
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.takes(text) { Ok(()) } else { Err(format!("expected `{text}` at `{}`", self.rest)) }
    }

    fn name(&mut self) -> Result<&'a str, String> {
        self.takes("");
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        if name.is_empty() { Err(format!("expected a name at `{rest}`")) } else { Ok(name) }
    }

    fn selections(&mut self) -> Result<Vec<Selection>, String> {
        self.expect("{")?;
        let mut selections = Vec::new();
        while !self.takes("}") {
            let first = self.name()?;
            let name = if self.takes(":") { self.name()? } else { first };
            let arguments = if self.takes("(") { self.members(")")? } else { Map::new() };
            self.takes("");
            let inner = if self.rest.starts_with('{') { self.selections()? } else { Vec::new() };
            selections.push(Selection { alias: first.to_owned(), name: name.to_owned(), arguments, inner });
        }
        Ok(selections)
    }

    fn members(&mut self, end: &str) -> Result<Map<String, Json>, String> {
        let mut members = Map::new();
        while !self.takes(end) {
            let name = self.name()?.to_owned();
            self.expect(":")?;
            let value = self.value()?;
            members.insert(name, value);
        }
        Ok(members)
    }

    fn value(&mut self) -> Result<Json, String> {
        if self.takes("$") {
            let name = self.name()?;
            return self.variables.get(name).cloned().ok_or_else(|| format!("no variable {name}"));
        }
        if self.takes("{") {
            // The order of an order's members counts.
            let mut members = Vec::new();
            while !self.takes("}") {
                let name = self.name()?.to_owned();
                self.expect(":")?;
                members.push(json!([name, self.value()?]));
            }
            return Ok(json!({ "members": members }));
        }
        if self.takes("[") {
            let mut items = Vec::new();
            while !self.takes("]") {
                items.push(self.value()?);
            }
            return Ok(Json::Array(items));
        }
        self.takes("");
        let is_number = self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        if is_number {
            let end = self.rest.find([',', ')', ']', '}', ' ']).unwrap_or(self.rest.len());
            let (number, rest) = self.rest.split_at(end);
            self.rest = rest;
            return serde_json::from_str(number).map_err(|error| error.to_string());
        }
        let mut scalars = serde_json::Deserializer::from_str(self.rest).into_iter::<Json>();
        if let (true, Some(Ok(scalar))) = (self.rest.starts_with('"'), scalars.next()) {
            self.rest = self.rest.get(scalars.byte_offset()..).unwrap_or_default();
            return Ok(scalar);
        }
        for (word, value) in [("true", true), ("false", false)] {
            if self.takes(word) {
                return Ok(json!(value));
            }
        }
        Ok(Json::String(self.name()?.to_owned()))
    }
}

/// The members of an object that was read, in their order.
pub(crate) fn members(object: &Json) -> impl Iterator<Item = (&str, &Json)> {
    let members = object.get("members").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    members.iter().filter_map(|pair| Some((pair.get(0)?.as_str()?, pair.get(1)?)))
}
