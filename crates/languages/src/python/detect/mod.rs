//! Detection: what a tree is made with, which interpreter fits, how its tests run, where its
//! modules live, and which formatter it keeps.

pub mod enrollment;
mod formatter;
mod ini;
mod locks;
pub mod packaging;
mod requirements;
mod roots;
mod toolchains;
mod tree;
pub mod workloads;

use std::{io, path::Path};

use whetstone_core::job::Toolchain;

pub use enrollment::Enrollment;
pub use formatter::Formatter;
pub use packaging::Packaging;
pub(super) use requirements::{NOT_FOR_RUNNING, NOT_FOR_RUNNING_PREFIXES};
pub use roots::module_of;
pub use toolchains::installed_toolchains;
pub use tree::Tree;
pub use workloads::{Framework, Tests, is_test_file, shell_quoted};

use crate::python::versions::{Specifier, Version};
use packaging::{Configuration, is_test_word};

/// What the command line decides; it wins over the enrollment, which wins over what is found.
#[derive(Clone, Debug, Default)]
pub struct DetectOptions {
    /// Such as `3.12`; empty if the command line says nothing.
    pub interpreter: String,
    pub commands: Vec<String>,
    pub setup_command: String,
}

/// Everything that preparing a tree needs to know of it.
#[derive(Clone, Debug)]
pub struct Detected {
    pub toolchain: Toolchain,
    pub packaging: Packaging,
    pub enrollment: Enrollment,
    /// What a run measures: the given commands, the enrollment's, or the tests.
    pub workloads: Vec<DetectedWorkload>,
    /// The repository's tests, whether or not they are a workload.
    pub tests: Option<Tests>,
    /// Requirements that only tests and other workloads need.
    pub test_requirements: Vec<String>,
    /// Folders on the module path, relative to the tree; `.` is the tree itself.
    pub source_roots: Vec<String>,
    pub formatter: Option<Formatter>,
    /// Environment variables of every workload.
    pub variables: Vec<(String, String)>,
    pub setup_command: String,
    /// Where the build's result depends on any file of the tree, not on its configuration alone.
    pub build_reads_sources: bool,
    /// Files of configuration that decide what is installed.
    pub build_files: Vec<String>,
}

/// One command to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetectedWorkload {
    pub name: String,
    pub command: String,
    pub is_tests: bool,
}

/// Why a tree can't be prepared. What would help is said by who knows the command line.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    #[error("there is no Python file in the source")]
    NoPython,
    #[error("`{file}` can't be read: {reason}")]
    Unreadable { file: String, reason: String },
    #[error("no installed Python fits: {from} asks for `{requires}`, installed are {installed}")]
    NoInterpreter { requires: String, from: String, installed: String },
    #[error("no Python 3.9 or newer is installed on this machine")]
    NoToolchain,
    #[error("there are no tests and no workload: nothing shows what is slow")]
    NoWorkload,
    #[error("the tree can't be listed: {0}")]
    Io(#[from] io::Error),
}

/// Reads a tree.
///
/// # Errors
/// See [`DetectError`].
pub fn detect(tree: &Path, toolchains: &[Toolchain], options: &DetectOptions) -> Result<Detected, DetectError> {
    let tree = Tree::open(tree)?;
    if tree.python_files().next().is_none() {
        return Err(DetectError::NoPython);
    }
    let enrollment = match tree.text(enrollment::FILE) {
        Some(text) => Enrollment::parse(&text).map_err(|reason| DetectError::Unreadable { file: enrollment::FILE.into(), reason })?,
        None => Enrollment::default(),
    };
    let configuration = Configuration::read(&tree)?;
    let packaging = packaging::read(&tree, &configuration);
    let toolchain = choose_interpreter(&tree, toolchains, options, &enrollment, &packaging)?;
    let all_requirements: Vec<String> = declared_requirements(&packaging, &configuration);
    let tests = workloads::find_tests(&tree, &configuration, &all_requirements);
    let workloads = choose_workloads(options, &enrollment, tests.as_ref());
    if workloads.is_empty() {
        return Err(DetectError::NoWorkload);
    }
    let formatter = formatter::find(&tree, &configuration, &all_requirements);
    let test_requirements = test_requirements(&tree, &configuration, &packaging, &enrollment, tests.as_ref(), &workloads);
    let module_path = tests.as_ref().map(|tests| tests.module_path.as_slice()).unwrap_or_default();
    let source_roots = roots::find(&tree, &packaging.package_folders, module_path);
    let setup_command = if options.setup_command.is_empty() { enrollment.setup.clone() } else { options.setup_command.clone() };
    let build_reads_sources = build_reads_sources(&tree, &packaging, &setup_command);
    let build_files = build_files(&tree, &packaging, &source_roots);
    Ok(Detected {
        toolchain,
        workloads,
        tests,
        test_requirements,
        source_roots,
        formatter,
        variables: enrollment.environment.clone().into_iter().collect(),
        setup_command,
        build_reads_sources,
        build_files,
        packaging,
        enrollment,
    })
}

/// The newest installed interpreter that everything said allows; `.python-version` is a wish that
/// gives way if it is not installed.
fn choose_interpreter(
    tree: &Tree,
    toolchains: &[Toolchain],
    options: &DetectOptions,
    enrollment: &Enrollment,
    packaging: &Packaging,
) -> Result<Toolchain, DetectError> {
    if toolchains.is_empty() {
        return Err(DetectError::NoToolchain);
    }
    let (requires, from) = if !options.interpreter.is_empty() {
        (options.interpreter.clone(), "the command line".to_owned())
    } else if !enrollment.python.is_empty() {
        (enrollment.python.clone(), enrollment::FILE.to_owned())
    } else {
        packaging.requires_python.clone()
    };
    let specifier: Specifier =
        requires.parse().map_err(|reason| DetectError::Unreadable { file: from.clone(), reason: format!("requires-python: {reason}") })?;
    let newest_first = |allowed: &dyn Fn(&Version) -> bool| {
        let versions = toolchains.iter().filter_map(|toolchain| Some((toolchain.version.parse::<Version>().ok()?, toolchain)));
        versions.filter(|(version, _)| allowed(version)).max_by(|left, right| left.0.cmp(&right.0)).map(|(_, toolchain)| toolchain.clone())
    };
    let wish = tree.text(".python-version").unwrap_or_default();
    let wish = wish.lines().next().unwrap_or_default().trim().parse::<Specifier>().ok();
    let wished = wish.filter(|wish| *wish != Specifier::default());
    let fits_wish = wished.and_then(|wish| newest_first(&|version| specifier.allows(version) && wish.allows(version)));
    fits_wish.or_else(|| newest_first(&|version| specifier.allows(version))).ok_or_else(|| {
        let installed: Vec<&str> = toolchains.iter().map(|toolchain| toolchain.version.as_str()).collect();
        DetectError::NoInterpreter { requires, from, installed: installed.join(", ") }
    })
}

fn choose_workloads(options: &DetectOptions, enrollment: &Enrollment, tests: Option<&Tests>) -> Vec<DetectedWorkload> {
    let is_tests = |command: &str| command.contains("pytest") || command.contains("unittest");
    let given = |name: &str, command: &str| DetectedWorkload { name: name.into(), command: command.into(), is_tests: is_tests(command) };
    if !options.commands.is_empty() {
        return options.commands.iter().map(|command| given(command, command)).collect();
    }
    if !enrollment.workloads.is_empty() {
        return enrollment.workloads.iter().map(|workload| given(&workload.name, &workload.command)).collect();
    }
    let own = tests.map(|tests| DetectedWorkload { name: "tests".into(), command: tests.command.clone(), is_tests: true });
    own.into_iter().collect()
}

/// Every requirement that is written anywhere, to see what the repository knows.
fn declared_requirements(packaging: &Packaging, configuration: &Configuration) -> Vec<String> {
    let lists = packaging.extras.values().chain(packaging.groups.values()).chain([&packaging.runtime]);
    lists.flatten().cloned().chain(configuration.tox.lines("testenv", "deps")).collect()
}

fn test_requirements(
    tree: &Tree,
    configuration: &Configuration,
    packaging: &Packaging,
    enrollment: &Enrollment,
    tests: Option<&Tests>,
    workloads: &[DetectedWorkload],
) -> Vec<String> {
    let mut chosen: Vec<String> = Vec::new();
    let mut add = |requirement: &String| {
        if requirements::is_for_running(requirement) && !chosen.contains(requirement) {
            chosen.push(requirement.clone());
        }
    };
    let sets = || packaging.extras.iter().chain(packaging.groups.iter());
    let has_test_set = sets().any(|(name, _)| is_test_word(name));
    let is_wanted = |name: &str| if has_test_set { is_test_word(name) } else { matches!(name, "dev" | "develop" | "development") };
    for (_, list) in sets().filter(|(name, _)| is_wanted(name)) {
        list.iter().for_each(&mut add);
    }
    let tox = configuration.tox.lines("testenv", "deps");
    tox.iter().filter(|line| !line.starts_with(['-', '.', '{']) && !line.contains(": ") && !line.contains('{')).for_each(&mut add);
    enrollment.requirements.iter().for_each(&mut add);
    for requirement in imported_by_tests(tree) {
        if !chosen.iter().chain(&packaging.runtime).any(|known| requirements::name_of(known) == requirements::name_of(&requirement)) {
            chosen.push(requirement);
        }
    }
    // Also where the tests are unittest's: pytest tells its single tests where the whole fails.
    let uses_pytest = tests.is_some() || workloads.iter().any(|workload| workload.command.contains("pytest"));
    if uses_pytest && !chosen.iter().any(|requirement| requirements::name_of(requirement) == "pytest") {
        chosen.push("pytest".into());
    }
    chosen
}

/// Well-known packages that test files import without any declaration. Only names on this list are
/// ever installed for an import: a name that somebody else may register must not be guessed.
fn imported_by_tests(tree: &Tree) -> Vec<String> {
    const KNOWN: [(&str, &str); 12] = [
        ("hypothesis", "hypothesis"),
        ("yaml", "PyYAML"),
        ("mock", "mock"),
        ("parameterized", "parameterized"),
        ("freezegun", "freezegun"),
        ("attr", "attrs"),
        ("pytest_asyncio", "pytest-asyncio"),
        ("pytest_mock", "pytest-mock"),
        ("pytest_benchmark", "pytest-benchmark"),
        ("dateutil", "python-dateutil"),
        ("sortedcontainers", "sortedcontainers"),
        ("six", "six"),
    ];
    let texts: Vec<String> = tree.python_files().filter(|file| is_test_file(file)).take(500).filter_map(|file| tree.text(file)).collect();
    let imports = |module: &str| {
        let statements = [format!("import {module}"), format!("from {module}")];
        texts.iter().flat_map(|text| text.lines()).any(|line| {
            let rest = statements.iter().find_map(|statement| line.strip_prefix(statement.as_str()));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '.', ',']))
        })
    };
    KNOWN.iter().filter(|(module, _)| imports(module)).map(|(_, requirement)| (*requirement).to_owned()).collect()
}

/// A setup script, compiled parts and build hooks may read anything; the plain build back ends read
/// their configuration alone.
fn build_reads_sources(tree: &Tree, packaging: &Packaging, setup_command: &str) -> bool {
    let compiled = |file: &String| [".pyx", ".pxd", ".c", ".cpp", ".cc", ".rs", ".f90"].iter().any(|end| file.ends_with(end));
    let tool = |name: &str| packaging.build_requirements.iter().any(|requirement| requirements::name_of(requirement).contains(name));
    let special = ["cython", "maturin", "setuptools-rust", "scikit-build", "meson", "cffi", "pybind11", "mypy", "numpy"];
    let hooks = tree.text("pyproject.toml").is_some_and(|text| text.contains("hooks") || text.contains("ext-modules"));
    !setup_command.is_empty()
        || packaging.builds && (tree.has("setup.py") || hooks || tree.files().iter().any(compiled) || special.iter().any(|name| tool(name)))
}

/// Configuration, the files it names (readme, licence), and those where packages keep their version.
fn build_files(tree: &Tree, packaging: &Packaging, source_roots: &[String]) -> Vec<String> {
    let mut files = packaging.files.clone();
    for file in tree.files() {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        let upper = name.to_ascii_uppercase();
        let at_top = folder.is_empty() && (upper.starts_with("README") || upper.starts_with("LICEN") || name == "hatch_build.py");
        let keeps_version =
            matches!(name, "__init__.py" | "_version.py" | "version.py" | "__about__.py" | "__meta__.py" | "__version__.py");
        let package_level = source_roots.iter().any(|root| {
            let inside =
                if root == "." { Some(folder) } else { folder.strip_prefix(root.as_str()).map(|rest| rest.trim_start_matches('/')) };
            inside.is_some_and(|inside| !inside.is_empty() && !inside.contains('/'))
        });
        if at_top || keeps_version && package_level {
            files.push(file.clone());
        }
    }
    files.sort();
    files.dedup();
    files
}
