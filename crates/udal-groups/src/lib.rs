//! Group files: YAML text to models, with every error at its line.
