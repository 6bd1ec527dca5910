//! `.whetstone.toml`: what a repository says of itself. The command line wins over it.

use std::collections::BTreeMap;

use serde::Deserialize;

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
    /// What is wrong, where, and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let enrollment: Self = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let problems = enrollment.problems();
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
            ("priority = \"urgent\"", "`medium`"),
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
    }
}
