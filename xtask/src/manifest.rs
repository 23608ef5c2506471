//! The part of a `Cargo.toml` that the checks ask about.

/// A crate's manifest, read line by line: enough for the form in which this workspace writes them.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    /// The file, from the root of the tree.
    pub(crate) path: String,
    /// The package's name.
    pub(crate) name: Option<String>,
    /// The package's description; none where it is empty.
    pub(crate) description: Option<String>,
    /// Whether the workspace's lints hold.
    pub(crate) inherits_lints: bool,
    /// What it depends on when it is built for use: development dependencies are not among them.
    pub(crate) dependencies: Vec<Dependency>,
}

/// A package that a crate depends on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// The package's own name, also where the crate renames it.
    pub(crate) package: String,
    /// The line, from 1.
    pub(crate) line: usize,
}

impl Manifest {
    /// Reads the manifest at `path`.
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let mut manifest = Manifest { path: path.to_owned(), ..Manifest::default() };
        let mut section = String::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = header.trim().to_owned();
                manifest.take_header(&section, at + 1);
            } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
                manifest.take_entry(&section, (key.trim(), value.trim()), at + 1);
            }
        }
        manifest
    }

    /// The directory that holds it.
    pub(crate) fn directory(&self) -> &str {
        self.path.strip_suffix("/Cargo.toml").unwrap_or(&self.path)
    }

    /// The directory's own name, which is also the crate's.
    pub(crate) fn folder(&self) -> &str {
        self.directory().rsplit('/').next().unwrap_or_default()
    }

    fn take_header(&mut self, section: &str, line: usize) {
        if let Some((_, package)) = section.rsplit_once('.').filter(|(kind, _)| is_dependencies(kind)) {
            self.dependencies.push(Dependency { package: unquoted(package), line });
        }
    }

    fn take_entry(&mut self, section: &str, (key, value): (&str, &str), line: usize) {
        match (section, key) {
            ("package", "name") => self.name = Some(unquoted(value)),
            ("package", "description") => self.description = Some(unquoted(value)).filter(|text| !text.is_empty()),
            ("lints", "workspace") => self.inherits_lints = value == "true",
            _ if is_dependencies(section) => {
                let key = key.split('.').next().unwrap_or(key);
                let package = renamed(value).unwrap_or_else(|| unquoted(key));
                self.dependencies.push(Dependency { package, line });
            }
            (section, "package") if section.contains("dependencies.") => {
                if let Some(dependency) = self.dependencies.last_mut() {
                    dependency.package = unquoted(value);
                }
            }
            _ => {}
        }
    }
}

fn is_dependencies(section: &str) -> bool {
    let own = section.strip_prefix("target.").and_then(|rest| rest.rsplit_once('.')).map_or(section, |(_, kind)| kind);
    own == "dependencies" || own == "build-dependencies"
}

/// The package in `{ package = "name", .. }`.
fn renamed(value: &str) -> Option<String> {
    let (_, rest) = value.split_once("package")?;
    let quoted = rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
    quoted.split('"').next().map(str::to_owned)
}

fn unquoted(text: &str) -> String {
    text.trim_matches(['"', '\'']).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_dependency() {
        let manifest = Manifest::parse(
            "crates/a/Cargo.toml",
            "[package]\nname = \"a\"\ndescription = \"\"\n\n[dependencies]\nudal-one.workspace = true\n\
             two = { package = \"udal-two\", path = \"..\" }\n# udal-none = \"1\"\n\n[dependencies.udal-three]\npath = \"x\"\n\n\
             [dependencies.renamed]\npackage = \"udal-four\"\n\n[target.'cfg(unix)'.dependencies]\nudal-five = \"1\"\n\n\
             [dev-dependencies]\nudal-dev.workspace = true\n\n[build-dependencies]\nudal-six = \"1\"\n",
        );
        let packages: Vec<&str> = manifest.dependencies.iter().map(|dependency| dependency.package.as_str()).collect();
        assert_eq!(packages, ["udal-one", "udal-two", "udal-three", "udal-four", "udal-five", "udal-six"]);
        assert_eq!((manifest.folder(), manifest.description.as_deref()), ("a", None));
    }

    #[test]
    fn lints_count_only_when_they_are_the_workspaces() {
        let lints = |text| Manifest::parse("Cargo.toml", text).inherits_lints;
        assert!(lints("[lints]\nworkspace = true"));
        assert!(!lints("[lints]\nworkspace = false"));
        assert!(!lints("[package]\nworkspace = true"));
    }
}
