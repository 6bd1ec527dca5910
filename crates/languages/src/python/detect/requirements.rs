//! Requirement lines: reading requirement files, and telling what tests need from what a linter or
//! a documentation build needs.

use super::tree::Tree;

/// Development tools that no workload needs. Coverage and ordering plugins would also change what
/// a workload measures.
pub const NOT_FOR_RUNNING: &[&str] = &[
    "autoflake",
    "black",
    "build",
    "bump2version",
    "bumpversion",
    "check-manifest",
    "codecov",
    "codespell",
    "commitizen",
    "coverage",
    "coveralls",
    "diff-cover",
    "docformatter",
    "flake8",
    "furo",
    "hatch",
    "ipdb",
    "ipython",
    "isort",
    "mkdocs",
    "mypy",
    "myst-parser",
    "nox",
    "pip-audit",
    "pip-tools",
    "pre-commit",
    "pycodestyle",
    "pydocstyle",
    "pyflakes",
    "pylint",
    "pyright",
    "pytest-black",
    "pytest-checkdocs",
    "pytest-cov",
    "pytest-enabler",
    "pytest-flake8",
    "pytest-mypy",
    "pytest-pylint",
    "pytest-randomly",
    "pytest-ruff",
    "pytest-sugar",
    "pytest-xdist",
    "ruff",
    "tox",
    "twine",
    "uv",
    "vulture",
];

/// The same by how a name starts.
pub const NOT_FOR_RUNNING_PREFIXES: &[&str] = &["sphinx", "flake8-", "mkdocs-", "types-", "tox-", "pytest-github-actions", "pylint-"];

/// The normalized project name that a requirement line starts with (PEP 503).
pub fn name_of(requirement: &str) -> String {
    let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(requirement.len());
    let mut name = String::new();
    for part in requirement[..end].to_ascii_lowercase().split(['-', '_', '.']).filter(|part| !part.is_empty()) {
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(part);
    }
    name
}

/// Whether a workload may need this requirement.
pub fn is_for_running(requirement: &str) -> bool {
    let name = name_of(requirement);
    !NOT_FOR_RUNNING.contains(&name.as_str()) && !NOT_FOR_RUNNING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Requirement and constraint lines of a requirements file, with the files that it includes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequirementFile {
    pub requirements: Vec<String>,
    /// Constraint files, relative to the tree.
    pub constraints: Vec<String>,
    /// Every file read, for the environment's key.
    pub files: Vec<String>,
}

/// Reads a requirements file and what it includes. Lines that install the repository itself and
/// options of pip, such as an index, are passed over: the installer's own configuration decides those.
pub fn read_file(tree: &Tree, path: &str) -> RequirementFile {
    let mut file = RequirementFile::default();
    read_into(tree, path, &mut file);
    file
}

fn read_into(tree: &Tree, path: &str, file: &mut RequirementFile) {
    if file.files.iter().any(|read| read == path) {
        return;
    }
    let Some(text) = tree.text(path) else { return };
    file.files.push(path.to_owned());
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    for line in text.replace("\\\r\n", " ").replace("\\\n", " ").lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(included) = option(line, "-r", "--requirement") {
            read_into(tree, &join(folder, included), file);
        } else if let Some(constraint) = option(line, "-c", "--constraint") {
            let constraint = join(folder, constraint);
            file.files.push(constraint.clone());
            file.constraints.push(constraint);
        } else if !line.starts_with(['-', '.', '/']) {
            // Hashes belong to one platform's files; the versions stay pinned without them.
            let requirement = line.split(" --").next().unwrap_or_default().trim();
            file.requirements.push(requirement.to_owned());
        }
    }
}

fn option<'a>(line: &'a str, short: &str, long: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(long).or_else(|| line.strip_prefix(short))?;
    let value = rest.trim_start_matches(['=', ' ', '\t']);
    (!value.is_empty()).then_some(value)
}

/// Joins a path to a folder of the tree, resolving `.` and `..`.
pub fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalized_and_linters_are_told_from_test_needs() {
        assert_eq!(name_of("Foo_Bar.baz [x] >=1; python_version<'3'"), "foo-bar-baz");
        assert!(is_for_running("pytest>=6") && is_for_running("hypothesis") && is_for_running("pytest-asyncio"));
        assert!(!is_for_running("pytest_cov") && !is_for_running("Sphinx-rtd-theme>1") && !is_for_running("mypy==1"));
    }

    #[test]
    fn included_files_are_read_once_and_options_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::create_dir_all(folder.path().join("requirements")).expect("made");
            std::fs::write(folder.path().join(name), text).expect("written");
        };
        write("requirements.txt", "-r requirements/base.txt\n--index-url https://x\n-e .\npytest  # why\n");
        write("requirements/base.txt", "-r ../requirements.txt\n-c limits.txt\nattrs==23.1 \\\n  --hash=sha256:aa\n");
        write("requirements/limits.txt", "attrs<24\n");
        let tree = Tree::open(folder.path()).expect("a tree");
        let file = read_file(&tree, "requirements.txt");
        assert_eq!(file.requirements, ["attrs==23.1", "pytest"]);
        assert_eq!(file.constraints, ["requirements/limits.txt"]);
        assert_eq!(file.files.len(), 3);
    }
}
