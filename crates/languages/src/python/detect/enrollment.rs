//! `.whetstone.toml`: what a repository says of itself. The command line wins over it.

use std::collections::BTreeMap;

use serde::Deserialize;
use whetstone_core::words;

/// The file's name, at the top of the tree.
pub const FILE: &str = ".whetstone.toml";

/// A repository's settings. Everything is optional.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Enrollment {
    /// Commands that show what matters; empty takes the repository's tests.
    pub workloads: Vec<WorkloadEntry>,
    /// Runs once in the environment after the dependencies are installed, such as `make extensions`.
    pub setup: String,
    /// Such as `["python"]`; empty takes what is found.
    pub languages: Vec<String>,
    /// Such as `3.12`; empty takes the newest installed that the repository allows.
    pub python: String,
    /// Globs relative to the tree; only matching files are in scope.
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    /// Relative tolerance for floats; 0 compares bit for bit.
    pub tolerance: f64,
    pub priority: Option<Priority>,
    pub models: ModelPolicy,
    /// Environment variables of every workload.
    pub environment: BTreeMap<String, String>,
    /// Requirements that the workloads need beyond the declared ones.
    pub requirements: Vec<String>,
}

/// How wide to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    Low,
    Medium,
    High,
}

/// Whether source may be shown to language models, and to which.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelPolicy {
    pub allow: bool,
    pub model: String,
}

impl Default for ModelPolicy {
    fn default() -> Self {
        Self { allow: true, model: String::new() }
    }
}

/// One workload: a command, or a command with a name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "WrittenWorkload")]
pub struct WorkloadEntry {
    pub name: String,
    pub command: String,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a workload is a command, such as \"python bench.py\", or { name = \"bench\", command = \"python bench.py\" }"
)]
enum WrittenWorkload {
    Command(String),
    Named { name: String, command: String },
}

impl From<WrittenWorkload> for WorkloadEntry {
    fn from(written: WrittenWorkload) -> Self {
        match written {
            WrittenWorkload::Command(command) => Self { name: command.clone(), command },
            WrittenWorkload::Named { name, command } => Self { name, command },
        }
    }
}

impl Enrollment {
    /// Reads the file's text.
    ///
    /// # Errors
    /// Everything that is wrong, a line a mistake: where, and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string().trim_end().to_owned())?;
        let mut problems = Vec::new();
        // Key by key, so that one mistake does not hide the others.
        table.retain(|key, value| {
            let alone = toml::Table::from_iter([(key.to_owned(), value.clone())]);
            let Err(error) = Self::deserialize(alone) else { return true };
            problems.push((line_of(text, key), in_words(key, error.message())));
            false
        });
        problems.sort();
        let with_line = |(line, problem): (Option<usize>, String)| match line {
            Some(line) => format!("line {line}: {problem}"),
            None => problem,
        };
        let mut problems: Vec<String> = problems.into_iter().map(with_line).collect();
        let enrollment = Self::deserialize(table).map_err(|error| error.message().to_owned())?;
        problems.extend(enrollment.problems());
        if problems.is_empty() { Ok(enrollment) } else { Err(problems.join("\n")) }
    }

    /// What types can't express.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(other) = self.languages.iter().find(|language| *language != "python") {
            problems.push(format!("languages: `{other}` is not supported; \"python\" is"));
        }
        if self.workloads.iter().any(|workload| workload.command.trim().is_empty()) {
            problems.push("workloads: a command is empty; such as \"python bench.py\" is expected".into());
        }
        if !(0.0..=0.1).contains(&self.tolerance) {
            problems.push(format!("tolerance: {} is not a relative tolerance; from 0 to 0.1 is expected", self.tolerance));
        }
        if self.models.model.starts_with("replay:") {
            problems.push("models.model: recorded answers are named by --model alone; a model's name is expected".into());
        }
        if let Some(name) = self.environment.keys().find(|name| !is_variable_name(name)) {
            problems.push(format!("environment: `{name}` is not a variable's name; letters, digits and _ are expected"));
        }
        if !self.python.is_empty()
            && let Err(error) = self.python.parse::<crate::python::versions::Specifier>()
        {
            problems.push(format!("python: {error}"));
        }
        problems
    }
}

/// The line, from 1 on, that sets a key at the top or begins its table.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let sets = |line: &str| {
        let line = line.trim_start_matches([' ', '\t', '[']);
        line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', '.', ']']))
    };
    text.lines().position(sets).map(|index| index + 1)
}

/// A mistake with a key as people say it.
fn in_words(key: &str, message: &str) -> String {
    let parts: Vec<&str> = message.split('`').collect();
    if let ["unknown field ", name, _, rest @ ..] = parts.as_slice() {
        let known: Vec<&str> = rest.iter().copied().step_by(2).collect();
        let inside = if *name == key { String::new() } else { format!("{key}: ") };
        return match words::nearest(name, known.iter().copied()) {
            Some(meant) => format!("{inside}there is no key `{name}`; `{meant}` is meant?"),
            None => format!("{inside}there is no key `{name}`; there are {}", known.join(", ")),
        };
    }
    if let ["unknown variant ", name, _, rest @ ..] = parts.as_slice() {
        let known: Vec<String> = rest.iter().step_by(2).map(|word| format!("`{word}`")).collect();
        return format!("{key}: `{name}` is not known; {} are", known.join(", "));
    }
    match message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected ")) {
        Some((actual, expected)) => format!("{key}: {expected} is expected, not {actual}"),
        None => format!("{key}: {message}"),
    }
}

fn is_variable_name(name: &str) -> bool {
    let starts_well = name.chars().next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_read() {
        let text = r#"
            workloads = ["python bench.py", { name = "load", command = "python load.py" }]
            setup = "make ext"
            languages = ["python"]
            python = "3.12"
            include = ["src/**"]
            tolerance = 1e-9
            priority = "high"
            models = { allow = false }
            [environment]
            TZ = "UTC"
        "#;
        let enrollment = Enrollment::parse(text).expect("valid");
        assert_eq!(enrollment.workloads[1], WorkloadEntry { name: "load".into(), command: "python load.py".into() });
        assert_eq!(enrollment.workloads[0].name, "python bench.py");
        assert!(!enrollment.models.allow && enrollment.priority == Some(Priority::High));
        assert_eq!(Enrollment::parse("").expect("empty"), Enrollment::default());
    }

    #[test]
    fn each_error_says_what_would_be_right() {
        for (text, hint) in [
            ("workload = \"x\"", "`workloads`"),
            ("priority = \"urgent\"", "line 1: priority: `urgent` is not known; `low`, `medium`, `high` are"),
            ("workloads = [3]", "a workload is a command"),
            ("languages = [\"cobol\"]", "\"python\" is"),
            ("tolerance = 0.2", "from 0 to 0.1"),
            ("environment = { \"A B\" = \"x\" }", "letters, digits"),
            ("python = \"three\"", "3.11"),
            ("models = { model = \"replay:/somewhere\" }", "by --model alone"),
        ] {
            let error = Enrollment::parse(text).expect_err(text);
            assert!(error.contains(hint), "{text}: {error}");
        }
        let both = Enrollment::parse("tolerance = 0.2\npython = \"three\"").expect_err("two mistakes");
        assert_eq!(both.lines().count(), 2, "{both}");
        let many = "workload = 'x'\nsetup = 3\ntolerance = 0.2\n[models]\nalow = true\n[environment]\nA = 1\n";
        let expected = "\
line 1: there is no key `workload`; `workloads` is meant?
line 2: setup: a string is expected, not integer `3`
line 4: models: there is no key `alow`; `allow` is meant?
line 6: environment: a string is expected, not integer `1`
tolerance: 0.2 is not a relative tolerance; from 0 to 0.1 is expected";
        let told = Enrollment::parse(many).expect_err("five mistakes");
        assert_eq!(told, expected);
        let strange = Enrollment::parse("colour = 1").expect_err("unknown");
        assert!(strange.starts_with("line 1: there is no key `colour`; there are workloads, setup, "), "{strange}");
    }
}
