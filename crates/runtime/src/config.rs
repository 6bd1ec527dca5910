//! Configuration: defaults, then a TOML file, then `WHETSTONE__SECTION__KEY`, then the command line.
//!
//! Everything wrong is told at once, each with the key and where it was set.

use std::{fmt, path::PathBuf};

use figment::{
    Figment, Profile, Provider,
    error::Kind,
    providers::{Env, Format, Serialized, Toml},
    value::{Dict, Tag, Value},
};
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};
use whetstone_core::words;

/// Prefix of environment variables; sections and keys are parted by two underscores.
pub const PREFIX: &str = "WHETSTONE__";

const ENVIRONMENT: &str = "the environment";

/// Checks what types can't express. `problems` carries the section's name already.
pub trait Validate {
    fn validate(&self, problems: &mut Problems);
}

/// Everything found wrong so far.
#[derive(Debug, Default)]
pub struct Problems {
    section: Vec<String>,
    found: Vec<String>,
}

impl Problems {
    /// Adds a problem with a key of the current section.
    pub fn add(&mut self, key: &str, problem: impl fmt::Display) {
        let mut path = self.section.clone();
        path.push(key.to_owned());
        self.found.push(format!("{}: {problem}", path.join(".")));
    }

    /// Validates a section within the current one.
    pub fn section(&mut self, name: &str, section: &impl Validate) {
        self.section.push(name.to_owned());
        section.validate(self);
        self.section.pop();
    }
}

/// A configuration that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the configuration can't be used:\n  {}", .problems.join("\n  "))]
pub struct ConfigError {
    pub problems: Vec<String>,
}

/// The layers that a configuration is read from.
#[derive(Clone, Debug)]
pub struct Layers {
    file: Option<PathBuf>,
    environment: bool,
    overrides: Vec<(String, Value)>,
}

impl Default for Layers {
    fn default() -> Self {
        Self { file: None, environment: true, overrides: Vec::new() }
    }
}

impl Layers {
    /// Adds a TOML file, which must exist.
    pub fn file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Leaves the process's environment out.
    pub fn without_environment(mut self) -> Self {
        self.environment = false;
        self
    }

    /// Sets a key such as `sandbox.kind` from the command line.
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.overrides.push((key.to_owned(), value.into()));
        self
    }

    /// Reads a configuration.
    ///
    /// # Errors
    /// All problems together: unreadable file, unknown keys, wrong types, failed validation.
    pub fn read<T: Serialize + DeserializeOwned + Default + Validate>(&self) -> Result<T, ConfigError> {
        let defaults = || Figment::from(Serialized::defaults(T::default()));
        let mut problems = Vec::new();
        let mut given = self.given(&mut problems);
        // What can't be read is left out, so that the rest is validated all the same.
        given.retain_mut(|(key, source, value)| {
            let fits = |value: &Value| defaults().merge(Serialized::global(key, value.clone())).extract::<T>();
            let Err(errors) = fits(value) else { return true };
            // A variable is a text; that it looks like a number says nothing of what is meant.
            if source == ENVIRONMENT
                && let Some(text) = as_text(value).filter(|text| fits(text).is_ok())
            {
                *value = text;
                return true;
            }
            problems.extend(errors.into_iter().map(|error| format!("{key}: {} (set in {source})", in_words(&error.kind))));
            false
        });
        let merged = given.into_iter().fold(defaults(), |figment, (key, _, value)| figment.merge(Serialized::global(&key, value)));
        let config: T =
            merged.extract().map_err(|errors| ConfigError { problems: errors.into_iter().map(|error| error.to_string()).collect() })?;
        let mut found = Problems::default();
        config.validate(&mut found);
        problems.extend(found.found);
        if problems.is_empty() { Ok(config) } else { Err(ConfigError { problems }) }
    }

    /// Every key that a layer sets, with the layer's name, lowest layer first.
    fn given(&self, problems: &mut Vec<String>) -> Vec<(String, String, Value)> {
        let mut given = Vec::new();
        let mut take = |provider: &dyn Provider, source: String| match provider.data() {
            Ok(mut data) => leaves(data.remove(&Profile::Default).unwrap_or_default(), "", &source, &mut given),
            Err(error) => problems.push(format!("{source}: {error}")),
        };
        if let Some(file) = &self.file {
            take(&Toml::file_exact(file), file.display().to_string());
        }
        if self.environment {
            take(&Env::prefixed(PREFIX).split("__"), ENVIRONMENT.into());
        }
        given.extend(self.overrides.iter().map(|(key, value)| (key.clone(), "the command line".to_owned(), value.clone())));
        given
    }
}

/// A number or a truth value as the text that it was written as.
fn as_text(value: &Value) -> Option<Value> {
    let is_plain = matches!(value, Value::Num(..) | Value::Bool(..));
    is_plain.then(|| serde_json::to_string(value).ok()).flatten().map(Value::from)
}

/// What is wrong with a key, as people say it.
fn in_words(kind: &Kind) -> String {
    match kind {
        Kind::InvalidType(actual, expected) | Kind::InvalidValue(actual, expected) => {
            format!("{} is expected, not {actual}", kind_of_value(expected))
        }
        Kind::UnknownField(name, known) | Kind::UnknownVariant(name, known) => {
            let list = known.join(", ");
            match words::nearest(name, known.iter().copied()) {
                Some(meant) => format!("`{name}` is not known; `{meant}` is"),
                None => format!("`{name}` is not known; {list} are"),
            }
        }
        other => other.to_string(),
    }
}

fn kind_of_value(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 on",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" | "string" => "a text in quotes",
        "a boolean" | "bool" => "true or false",
        "a sequence" | "sequence" => "a list such as [\"a\", \"b\"]",
        other => other,
    }
}

fn leaves(dict: Dict, prefix: &str, source: &str, given: &mut Vec<(String, String, Value)>) {
    for (key, value) in dict {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            Value::Dict(_, inner) if !inner.is_empty() => leaves(inner, &path, source, given),
            value => given.push((path, source.to_owned(), untagged(value))),
        }
    }
}

/// Tags refer to the provider that a value came from, which is gone.
fn untagged(value: Value) -> Value {
    match value {
        Value::String(_, text) => Value::String(Tag::Default, text),
        other => other,
    }
}

/// Writes a configuration as TOML; secrets show as `********`.
pub fn show<T: Serialize>(config: &T) -> Result<String, toml::ser::Error> {
    toml::to_string_pretty(config)
}

/// A text that is never shown: not in logs, not by `whet config show`.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn shown(&self) -> &'static str {
        if self.0.is_empty() { "" } else { "********" }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Config {
        server: Server,
        token: Secret,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Server {
        port: u16,
        name: String,
    }

    impl Default for Server {
        fn default() -> Self {
            Self { port: 80, name: "a".into() }
        }
    }

    impl Validate for Config {
        fn validate(&self, problems: &mut Problems) {
            problems.section("server", &self.server);
        }
    }

    impl Validate for Server {
        fn validate(&self, problems: &mut Problems) {
            if self.name.is_empty() {
                problems.add("name", "must not be empty");
            }
            if self.port == 1 {
                problems.add("port", "1 is taken");
            }
        }
    }

    fn file(text: &str) -> (tempfile::TempDir, Layers) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("whetstone.toml");
        std::fs::write(&path, text).expect("writable");
        (folder, Layers::default().without_environment().file(path))
    }

    #[test]
    fn the_command_line_wins_over_the_file_and_the_file_over_defaults() {
        let (_folder, layers) = file("[server]\nport = 2\nname = 'b'\n");
        let config: Config = layers.set("server.port", 3).read().expect("valid");
        assert_eq!(config.server, Server { port: 3, name: "b".into() });
    }

    #[test]
    fn all_problems_are_told_together_with_key_and_layer() {
        let (_folder, layers) = file("unknown = 1\n[server]\nport = 'x'\nname = ''\n");
        let problems = layers.set("token", 5).read::<Config>().expect_err("four mistakes").problems;
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert_eq!(problems[3], "server.name: must not be empty");
        for (key, source) in [("unknown", "whetstone.toml"), ("server.port", "whetstone.toml"), ("token", "the command line")] {
            assert!(problems.iter().any(|problem| problem.starts_with(key) && problem.contains(source)), "{problems:?}");
        }
    }

    #[test]
    fn problems_are_told_in_words_with_the_key_that_was_meant() {
        let (_folder, layers) = file("[server]\nprot = 1\nport = 'x'\n");
        let problems = layers.read::<Config>().expect_err("two mistakes").problems;
        assert!(problems[0].starts_with("server.port: a whole number from 0 on is expected, not string \"x\" (set in "), "{problems:?}");
        assert!(problems[1].starts_with("server.prot: `prot` is not known; `port` is (set in "), "{problems:?}");
    }

    #[test]
    fn a_number_of_the_environment_is_a_text_where_one_is_expected() {
        assert_eq!(as_text(&Value::from(10)), Some(Value::from("10")));
        assert_eq!(as_text(&Value::from(true)), Some(Value::from("true")));
        assert_eq!(as_text(&Value::from("10")), None);
    }

    #[test]
    fn validation_names_the_section_and_finds_every_problem() {
        let (_folder, layers) = file("[server]\nport = 1\nname = ''\n");
        let problems = layers.read::<Config>().expect_err("invalid").problems;
        assert_eq!(problems, ["server.name: must not be empty", "server.port: 1 is taken"]);
    }

    #[test]
    fn a_missing_file_is_a_problem() {
        let layers = Layers::default().without_environment().file("/nonexistent/whetstone.toml");
        assert!(layers.read::<Config>().is_err());
    }

    #[test]
    fn a_secret_is_never_shown() {
        let config = Config { token: Secret::new("hunter2"), ..Config::default() };
        let shown = show(&config).expect("serialisable") + &format!("{config:?}");
        assert!(!shown.contains("hunter2") && shown.contains("********"));
    }
}
