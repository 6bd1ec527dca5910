//! How a repository's tests are run.

use toml::Value;

use super::{packaging::Configuration, tree::Tree};

/// Plugins that change what is measured, or that lint; a name that is not installed does no harm.
const PLUGINS_OFF: [&str; 3] = ["cacheprovider", "randomly", "enabler"];

/// The framework that a repository's tests are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framework {
    Pytest,
    Unittest,
}

/// A repository's tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tests {
    pub framework: Framework,
    pub command: String,
    /// Files and folders that hold them, relative to the tree.
    pub paths: Vec<String>,
    /// Folders that pytest is told to put on the module path.
    pub module_path: Vec<String>,
}

/// Whether a file belongs to the tests: by its name, or by a folder's.
pub fn is_test_file(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let named = name.starts_with("test_") || name.ends_with("_test.py") || matches!(name, "conftest.py" | "tests.py" | "test.py");
    named && name.ends_with(".py") || folders.split('/').any(|folder| matches!(folder, "test" | "tests" | "testing"))
}

/// Finds the tests of a tree; `None` where there are none.
pub fn find_tests(tree: &Tree, configuration: &Configuration, requirements: &[String]) -> Option<Tests> {
    let files: Vec<&str> = tree.python_files().filter(|file| is_test_file(file)).collect();
    let holds_tests = |path: &&&str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name != "conftest.py" && name != "__init__.py"
    };
    let test_files: Vec<&str> = files.iter().filter(holds_tests).copied().collect();
    if test_files.is_empty() {
        return None;
    }
    let options = PytestOptions::read(configuration);
    let framework = framework_of(tree, configuration, requirements, &files, options.configured);
    let paths = if options.paths.is_empty() { test_folders(&test_files) } else { options.paths.clone() };
    let command = match framework {
        Framework::Pytest => pytest_command(&options),
        Framework::Unittest => unittest_command(tree, &paths),
    };
    Some(Tests { framework, command, paths, module_path: options.module_path })
}

fn framework_of(tree: &Tree, configuration: &Configuration, requirements: &[String], files: &[&str], configured: bool) -> Framework {
    let required = requirements.iter().any(|requirement| super::requirements::name_of(requirement).starts_with("pytest"));
    let tox_commands = configuration.tox.section("testenv").find(|(key, _)| *key == "commands").map_or("", |(_, value)| value);
    let session = tree.text("noxfile.py").unwrap_or_default();
    let has_conftest = files.iter().any(|file| file.ends_with("conftest.py"));
    if configured || required || has_conftest || tox_commands.contains("pytest") || session.contains("pytest") {
        return Framework::Pytest;
    }
    let texts = files.iter().take(200).filter_map(|file| tree.text(file));
    let (mut cases, mut functions) = (false, false);
    for text in texts {
        cases |= text.contains("TestCase");
        functions |= text.contains("import pytest") || text.lines().any(|line| line.starts_with("def test_"));
    }
    if cases && !functions { Framework::Unittest } else { Framework::Pytest }
}

/// What pytest's configuration says, from the first of the places that pytest itself reads.
#[derive(Default)]
struct PytestOptions {
    configured: bool,
    added: Vec<String>,
    paths: Vec<String>,
    module_path: Vec<String>,
}

impl PytestOptions {
    fn read(configuration: &Configuration) -> Self {
        let words = |text: &str| split_words(text);
        let from_ini = |ini: &super::ini::Ini, section: &str| Self {
            configured: true,
            added: words(ini.value(section, "addopts").unwrap_or_default()),
            paths: words(ini.value(section, "testpaths").unwrap_or_default()),
            module_path: words(ini.value(section, "pythonpath").unwrap_or_default()),
        };
        if let Some(ini) = &configuration.pytest_ini {
            return from_ini(ini, "pytest");
        }
        // pytest 9 reads `[tool.pytest]` itself; older ones read the table of ini options in it.
        let tables = [&["tool", "pytest", "ini_options"][..], &["tool", "pytest"]];
        if let Some(options) = tables.iter().find_map(|path| configuration.pyproject_value(path)) {
            let list = |key: &str| match options.get(key) {
                Some(Value::String(text)) => words(text),
                Some(Value::Array(entries)) => entries.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                _ => Vec::new(),
            };
            return Self { configured: true, added: list("addopts"), paths: list("testpaths"), module_path: list("pythonpath") };
        }
        if configuration.tox.has_section("pytest") {
            return from_ini(&configuration.tox, "pytest");
        }
        if configuration.setup_cfg.has_section("tool:pytest") {
            return from_ini(&configuration.setup_cfg, "tool:pytest");
        }
        Self::default()
    }
}

fn split_words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut open) = (Vec::new(), String::new(), None, false);
    for c in text.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => word.push(c),
            None if c == '"' || c == '\'' => (quote, open) = (Some(c), true),
            None if c.is_whitespace() => {
                if open || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            None => word.push(c),
        }
    }
    if open || !word.is_empty() {
        words.push(word);
    }
    words
}

/// Coverage, parallel runs, linters and reports slow a workload down or split it over processes,
/// so options for them are taken out; everything else stays as the repository has it.
fn pytest_command(options: &PytestOptions) -> String {
    const DROPPED: [&str; 18] = [
        "--cov",
        "--no-cov",
        "-n",
        "--numprocesses",
        "--dist",
        "--maxprocesses",
        "--flake8",
        "--black",
        "--mypy",
        "--ruff",
        "--pylint",
        "--checkdocs",
        "--codestyle",
        "--isort",
        "--junitxml",
        "--junit-xml",
        "--html",
        "--benchmark",
    ];
    const TAKES_VALUE: [&str; 9] =
        ["-n", "--numprocesses", "--dist", "--maxprocesses", "--cov-report", "--cov-config", "--junitxml", "--junit-xml", "--html"];
    let is_dropped = |word: &str| DROPPED.iter().any(|dropped| word.starts_with(dropped) && (*dropped != "-n" || is_parallel(word)));
    let mut kept: Vec<&str> = Vec::new();
    let mut words = options.added.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        if !is_dropped(word) {
            kept.push(word);
        } else if TAKES_VALUE.contains(&word) || word == "--cov" {
            words.next_if(|value| !value.starts_with('-'));
        }
    }
    let mut command = String::from("python -m pytest -q");
    for plugin in PLUGINS_OFF {
        command.push_str(" -p no:");
        command.push_str(plugin);
    }
    if kept.len() != options.added.len() {
        let kept: Vec<String> =
            kept.iter().map(|word| if word.contains(' ') { format!("\"{word}\"") } else { (*word).to_owned() }).collect();
        command.push_str(&format!(" -o addopts={}", shell_quoted(&kept.join(" "))));
    }
    command
}

/// `-n 4`, `-n4` and `-nauto` are xdist's; other options may start alike.
fn is_parallel(word: &str) -> bool {
    let rest = &word[2..];
    rest.is_empty() || rest == "auto" || rest == "logical" || rest.chars().all(|c| c.is_ascii_digit())
}

/// Quotes a word for `/bin/sh`.
pub fn shell_quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

fn unittest_command(tree: &Tree, paths: &[String]) -> String {
    let Some(folder) = paths.iter().find(|path| !path.ends_with(".py")) else {
        return "python -m unittest discover -v".to_owned();
    };
    let is_package = tree.has(&format!("{folder}/__init__.py"));
    let own_pattern = tree.python_files().filter(|file| file.starts_with(&format!("{folder}/"))).all(|file| {
        let name = file.rsplit('/').next().unwrap_or(file);
        !name.starts_with("test")
    });
    let pattern = if own_pattern { " -p '*.py'" } else { "" };
    let top = if is_package { " -t ." } else { "" };
    format!("python -m unittest discover -v -s {}{top}{pattern}", shell_quoted(folder))
}

/// The outermost folders named after tests, and test files outside of them.
fn test_folders(files: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for file in files {
        let mut prefix = String::new();
        let mut folder = None;
        for part in file.split('/') {
            prefix.push_str(part);
            if matches!(part, "test" | "tests" | "testing") {
                folder = Some(prefix.clone());
                break;
            }
            prefix.push('/');
        }
        let path = folder.unwrap_or_else(|| (*file).to_owned());
        if !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(options: &str) -> String {
        pytest_command(&PytestOptions { added: split_words(options), ..PytestOptions::default() })
    }

    #[test]
    fn options_that_distort_a_measurement_are_taken_out() {
        let plain = command("--strict-markers -ra");
        assert_eq!(plain, "python -m pytest -q -p no:cacheprovider -p no:randomly -p no:enabler");
        let filtered = command("--cov=pkg --cov-report term-missing -n auto --doctest-modules -m 'not slow' -nologging");
        assert_eq!(filtered, format!("{plain} -o addopts='--doctest-modules -m \"not slow\" -nologging'"));
        assert!(command("--cov pkg -x").ends_with("-o addopts=-x"));
    }

    #[test]
    fn tests_are_told_from_sources() {
        assert!(is_test_file("tests/data/x.py") && is_test_file("pkg/test_a.py") && is_test_file("a_test.py"));
        assert!(!is_test_file("pkg/contest.py") && !is_test_file("latest/x.py") && !is_test_file("pkg/testament.py"));
        assert_eq!(test_folders(&["tests/a/test_x.py", "tests/test_y.py", "test_z.py"]), ["tests", "test_z.py"]);
    }
}
