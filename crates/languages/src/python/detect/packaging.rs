//! How a repository declares itself: pyproject (PEP 621, Poetry, PDM, Flit, Hatch, uv), setup.py
//! and setup.cfg, Pipenv, requirement files, or nothing at all.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{
    DetectError,
    ini::Ini,
    locks,
    requirements::{self, RequirementFile},
    tree::Tree,
};
use crate::python::versions::poetry_to_pep440;

/// What was declared, as far as it can be read without running anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Packaging {
    /// For people: `pyproject.toml (poetry)`.
    pub description: String,
    pub name: String,
    /// Whether the tree builds a package of its own.
    pub builds: bool,
    /// Whether `runtime` is complete without building the package.
    pub is_static: bool,
    pub runtime: Vec<String>,
    /// Optional dependencies by name.
    pub extras: BTreeMap<String, Vec<String>>,
    /// Development dependencies by group.
    pub groups: BTreeMap<String, Vec<String>>,
    /// Constraint files for the installer.
    pub constraints: Vec<String>,
    /// Versions that a lock file fixes, as `name==version`.
    pub pins: Vec<String>,
    /// PEP 440 specifier with where it was said; empty if it was not.
    pub requires_python: (String, String),
    /// Folders that hold packages, as the configuration says.
    pub package_folders: Vec<String>,
    /// Requirements of the build itself.
    pub build_requirements: Vec<String>,
    /// Files that decide what is installed.
    pub files: Vec<String>,
}

/// The configuration files of a tree, parsed once.
#[derive(Default)]
pub struct Configuration {
    pub pyproject: Table,
    pub setup_cfg: Ini,
    pub tox: Ini,
    pub pytest_ini: Option<Ini>,
}

impl Configuration {
    /// Reads the configuration files at the top of the tree.
    ///
    /// # Errors
    /// If `pyproject.toml` is not TOML.
    pub fn read(tree: &Tree) -> Result<Self, DetectError> {
        let ini = |path: &str| tree.text(path).map(|text| Ini::parse(&text));
        let pyproject = tree.text("pyproject.toml").unwrap_or_default();
        let parsed = pyproject.trim_start_matches('\u{feff}').parse::<Table>();
        let pyproject = parsed.map_err(|error| DetectError::Unreadable { file: "pyproject.toml".into(), reason: error.to_string() })?;
        Ok(Self {
            pyproject,
            setup_cfg: ini("setup.cfg").unwrap_or_default(),
            tox: ini("tox.ini").unwrap_or_default(),
            pytest_ini: ini("pytest.ini").or_else(|| ini(".pytest.ini")),
        })
    }

    /// The value at a dotted path of `pyproject.toml`.
    pub fn pyproject_value(&self, path: &[&str]) -> Option<&Value> {
        let (last, folders) = path.split_last()?;
        let table = folders.iter().try_fold(&self.pyproject, |table, key| table.get(*key)?.as_table())?;
        table.get(*last)
    }

    fn text(&self, path: &[&str]) -> String {
        self.pyproject_value(path).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    fn list(&self, path: &[&str]) -> Vec<String> {
        self.pyproject_value(path).map(strings).unwrap_or_default()
    }
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Reads what a tree declares.
pub fn read(tree: &Tree, configuration: &Configuration) -> Packaging {
    let mut packaging = Packaging { files: known_files(tree), pins: locks::pins(tree), ..Packaging::default() };
    let has_project = configuration.pyproject.contains_key("project");
    let poetry = configuration.pyproject_value(&["tool", "poetry"]).and_then(Value::as_table);
    if has_project {
        read_project(configuration, &mut packaging);
    }
    if let Some(poetry) = poetry {
        read_poetry(poetry, has_project, &mut packaging);
    }
    read_groups(configuration, &mut packaging);
    packaging.builds |= configuration.pyproject.contains_key("build-system") && has_project;
    packaging.build_requirements = configuration.list(&["build-system", "requires"]);
    if !has_project && poetry.is_none() && (tree.has("setup.py") || configuration.setup_cfg.has_section("metadata")) {
        read_setup(tree, configuration, &mut packaging);
    }
    let pipfile = tree.text("Pipfile").and_then(|text| text.parse::<Table>().ok());
    if let Some(pipfile) = &pipfile {
        read_pipfile(pipfile, &mut packaging);
    }
    read_requirement_files(tree, &mut packaging);
    packaging.package_folders.extend(package_folders(configuration));
    packaging.description = describe(tree, configuration, &packaging);
    packaging
}

fn read_project(configuration: &Configuration, packaging: &mut Packaging) {
    let dynamic = configuration.list(&["project", "dynamic"]);
    packaging.name = configuration.text(&["project", "name"]);
    packaging.runtime = configuration.list(&["project", "dependencies"]);
    packaging.is_static = !dynamic.iter().any(|field| field == "dependencies");
    // Without a build system pip takes setuptools (PEP 517), and so does the build here.
    packaging.builds = true;
    let requires = configuration.text(&["project", "requires-python"]);
    packaging.requires_python = (requires, "pyproject.toml".into());
    let extras = configuration.pyproject_value(&["project", "optional-dependencies"]).and_then(Value::as_table);
    packaging.extras = extras.into_iter().flatten().map(|(name, list)| (name.clone(), strings(list))).collect();
    let is_virtual = configuration.pyproject_value(&["tool", "uv", "package"]).and_then(Value::as_bool) == Some(false);
    if is_virtual || configuration.pyproject_value(&["tool", "pdm", "distribution"]).and_then(Value::as_bool) == Some(false) {
        packaging.builds = false;
    }
}

fn read_poetry(poetry: &Table, has_project: bool, packaging: &mut Packaging) {
    let text = |key: &str| poetry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if packaging.name.is_empty() {
        packaging.name = text("name");
    }
    packaging.builds = poetry.get("package-mode").and_then(Value::as_bool) != Some(false);
    let dependencies = poetry.get("dependencies").and_then(Value::as_table);
    if !has_project {
        packaging.is_static = true;
        packaging.runtime = dependencies.map(poetry_requirements).unwrap_or_default();
    }
    let python = dependencies.and_then(|dependencies| dependencies.get("python")).and_then(Value::as_str);
    if let (Some(python), true) = (python, packaging.requires_python.0.is_empty()) {
        packaging.requires_python = (python.to_owned(), "pyproject.toml".into());
    }
    if let Some(dev) = poetry.get("dev-dependencies").and_then(Value::as_table) {
        packaging.groups.insert("dev".into(), poetry_requirements(dev));
    }
    for (name, group) in poetry.get("group").and_then(Value::as_table).into_iter().flatten() {
        if let Some(dependencies) = group.get("dependencies").and_then(Value::as_table) {
            packaging.groups.insert(name.clone(), poetry_requirements(dependencies));
        }
    }
}

/// Poetry's tables (`name = "^1.2"` or `name = { version = ..., extras = [...] }`) as requirement
/// lines; optional ones and those from paths are left out.
fn poetry_requirements(table: &Table) -> Vec<String> {
    let line = |(name, value): (&String, &Value)| {
        if name == "python" {
            return None;
        }
        let options = value.as_table();
        let option = |key: &str| options.and_then(|options| options.get(key));
        if option("optional").and_then(Value::as_bool) == Some(true) || option("path").is_some() {
            return None;
        }
        if let Some(git) = option("git").and_then(Value::as_str) {
            return Some(format!("{name} @ git+{git}"));
        }
        let constraint = value.as_str().or_else(|| option("version").and_then(Value::as_str)).unwrap_or("*");
        let extras = option("extras").map(strings).unwrap_or_default();
        let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
        let mut marker = option("markers").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(python) = option("python").and_then(Value::as_str) {
            let clauses = poetry_to_pep440(python);
            let clauses = clauses.split(',').filter(|clause| !clause.is_empty()).filter_map(python_marker);
            let own = clauses.collect::<Vec<_>>().join(" and ");
            marker = [marker, own].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" and ");
        }
        let marker = if marker.is_empty() { marker } else { format!("; {marker}") };
        Some(format!("{name}{extras}{}{marker}", poetry_to_pep440(constraint)))
    };
    table.iter().filter_map(line).collect()
}

fn python_marker(clause: &str) -> Option<String> {
    let digits = clause.find(|c: char| c.is_ascii_digit())?;
    let (operator, version) = clause.split_at(digits);
    Some(format!("python_version {} '{}'", operator.trim(), version.trim()))
}

/// Dependency groups (PEP 735) with what they include, and PDM's, uv's and Hatch's own tables.
fn read_groups(configuration: &Configuration, packaging: &mut Packaging) {
    let groups = configuration.pyproject.get("dependency-groups").and_then(Value::as_table);
    for name in groups.into_iter().flat_map(Table::keys) {
        let mut requirements = Vec::new();
        collect_group(groups, name, &mut requirements, 0);
        packaging.groups.insert(name.clone(), requirements);
    }
    let pdm = configuration.pyproject_value(&["tool", "pdm", "dev-dependencies"]).and_then(Value::as_table);
    for (name, list) in pdm.into_iter().flatten() {
        packaging.groups.entry(name.clone()).or_insert_with(|| strings(list));
    }
    let uv = configuration.list(&["tool", "uv", "dev-dependencies"]);
    if !uv.is_empty() {
        packaging.groups.entry("dev".into()).or_default().extend(uv);
    }
    for (name, environment) in configuration.pyproject_value(&["tool", "hatch", "envs"]).and_then(Value::as_table).into_iter().flatten() {
        let own = ["dependencies", "extra-dependencies"].map(|key| environment.get(key).map(strings).unwrap_or_default()).concat();
        let name = if name == "default" || name.contains("test") { "test" } else { name };
        packaging.groups.entry(name.to_owned()).or_default().extend(own);
    }
}

fn collect_group(groups: Option<&Table>, name: &str, requirements: &mut Vec<String>, depth: u32) {
    let list = groups.and_then(|groups| groups.get(name)).and_then(Value::as_array);
    for entry in list.into_iter().flatten() {
        if let Some(requirement) = entry.as_str() {
            requirements.push(requirement.to_owned());
        } else if let (Some(included), true) = (entry.get("include-group").and_then(Value::as_str), depth < 16) {
            collect_group(groups, included, requirements, depth + 1);
        }
    }
}

fn read_setup(tree: &Tree, configuration: &Configuration, packaging: &mut Packaging) {
    let cfg = &configuration.setup_cfg;
    let script = tree.text("setup.py").unwrap_or_default();
    packaging.builds = true;
    packaging.is_static = !tree.has("setup.py");
    packaging.name = cfg.value("metadata", "name").map(str::to_owned).or_else(|| keyword(&script, "name")).unwrap_or_default();
    packaging.runtime = cfg.lines("options", "install_requires");
    let from_cfg = cfg.value("options", "python_requires").map(|requires| (requires.to_owned(), "setup.cfg".to_owned()));
    let from_script = || keyword(&script, "python_requires").map(|requires| (requires, "setup.py".to_owned()));
    packaging.requires_python = from_cfg.or_else(from_script).unwrap_or_default();
    for (extra, _) in cfg.section("options.extras_require") {
        packaging.extras.insert(extra.to_owned(), cfg.lines("options.extras_require", extra));
    }
}

/// The text given for a keyword argument in a script, where it is a plain literal.
fn keyword(script: &str, name: &str) -> Option<String> {
    script.match_indices(name).find_map(|(at, _)| {
        let is_word = script[..at].chars().next_back().is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
        let value = script[at + name.len()..].trim_start_matches(['\'', '"']).trim_start().strip_prefix(['=', ':'])?.trim_start();
        let quote = value.chars().next().filter(|c| is_word && (*c == '"' || *c == '\''))?;
        value[1..].split(quote).next().map(str::to_owned)
    })
}

fn read_pipfile(pipfile: &Table, packaging: &mut Packaging) {
    let requirements = |key: &str| pipfile.get(key).and_then(Value::as_table).map(poetry_requirements).unwrap_or_default();
    // A Pipfile's plain versions are PEP 440 already, which the conversion leaves alone.
    if !packaging.builds {
        packaging.runtime = requirements("packages");
        packaging.is_static = true;
    }
    packaging.groups.entry("dev".into()).or_default().extend(requirements("dev-packages"));
    let version = pipfile.get("requires").and_then(|requires| requires.get("python_version")).and_then(Value::as_str);
    if let (Some(version), true) = (version, packaging.requires_python.0.is_empty()) {
        packaging.requires_python = (format!("=={version}.*"), "Pipfile".into());
    }
}

/// Requirement files are the application's dependencies where no package declares them; those
/// named after tests or development are groups.
fn read_requirement_files(tree: &Tree, packaging: &mut Packaging) {
    let is_requirements = |path: &&String| {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let at_top = folder.is_empty() && name.contains("require");
        path.ends_with(".txt") && (at_top || folder == "requirements") || path.ends_with("/requirements.txt") && is_test_word(folder)
    };
    let listed: Vec<String> = tree.files().iter().filter(is_requirements).cloned().collect();
    for path in listed {
        let RequirementFile { requirements, constraints, files } = requirements::read_file(tree, &path);
        packaging.files.extend(files);
        if is_test_word(&path) {
            packaging.groups.entry("test".into()).or_default().extend(requirements);
            packaging.constraints.extend(constraints);
        } else if path.contains("dev") {
            packaging.groups.entry("dev".into()).or_default().extend(requirements);
        } else if !packaging.builds
            && matches!(path.as_str(), "requirements.txt" | "requirements/base.txt" | "requirements/requirements.txt")
        {
            packaging.runtime.extend(requirements);
            packaging.constraints.extend(constraints);
            packaging.is_static = true;
        }
    }
    packaging.files.sort();
    packaging.files.dedup();
}

/// Whether a path or a group's name speaks of tests.
pub fn is_test_word(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| matches!(word, "test" | "tests" | "testing" | "pytest" | "unittest"))
}

fn package_folders(configuration: &Configuration) -> Vec<String> {
    let mut folders = configuration.list(&["tool", "setuptools", "packages", "find", "where"]);
    let root = |table: &Table| table.get("").and_then(Value::as_str).map(str::to_owned);
    folders.extend(configuration.pyproject_value(&["tool", "setuptools", "package-dir"]).and_then(Value::as_table).and_then(root));
    folders.extend(configuration.pyproject_value(&["tool", "pdm", "build", "package-dir"]).and_then(Value::as_str).map(str::to_owned));
    folders.extend(configuration.pyproject_value(&["tool", "pdm", "package-dir"]).and_then(Value::as_str).map(str::to_owned));
    for package in configuration.pyproject_value(&["tool", "poetry", "packages"]).and_then(Value::as_array).into_iter().flatten() {
        folders.push(package.get("from").and_then(Value::as_str).unwrap_or(".").to_owned());
    }
    for package in configuration.list(&["tool", "hatch", "build", "targets", "wheel", "packages"]) {
        folders.push(package.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned());
    }
    folders.extend(configuration.setup_cfg.value("options.packages.find", "where").map(str::to_owned));
    for line in configuration.setup_cfg.lines("options", "package_dir") {
        if let Some(folder) = line.strip_prefix('=').or_else(|| line.strip_prefix(" =")) {
            folders.push(folder.trim().to_owned());
        }
    }
    folders
}

fn known_files(tree: &Tree) -> Vec<String> {
    const NAMES: [&str; 9] =
        ["pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "Pipfile", "MANIFEST.in", ".python-version", ".whetstone.toml", "PKG-INFO"];
    NAMES.iter().chain(&locks::FILES).filter(|name| tree.has(name)).map(|name| (*name).to_owned()).collect()
}

fn describe(tree: &Tree, configuration: &Configuration, packaging: &Packaging) -> String {
    let backend = configuration.text(&["build-system", "build-backend"]);
    let known =
        [("poetry", "poetry"), ("pdm", "pdm"), ("flit", "flit"), ("hatchling", "hatch"), ("uv_build", "uv"), ("maturin", "maturin")];
    let backend = known.iter().find(|(part, _)| backend.contains(part)).map_or("setuptools", |(_, name)| name);
    let lock = [("uv.lock", ", uv"), ("Pipfile", ", pipenv")].iter().find(|(file, _)| tree.has(file)).map_or("", |(_, name)| name);
    let tool = if configuration.pyproject_value(&["tool", "poetry"]).is_some() { "poetry" } else { backend };
    if packaging.builds && (configuration.pyproject.contains_key("project") || tool == "poetry") {
        return format!("pyproject.toml ({tool}{lock})");
    }
    let first = ["setup.py", "setup.cfg", "pyproject.toml", "Pipfile"].iter().find(|file| {
        let declares = packaging.builds || !packaging.runtime.is_empty();
        tree.has(file) && declares && (**file != "pyproject.toml" || configuration.pyproject.contains_key("project"))
    });
    match first {
        Some(file) => (*file).to_owned(),
        None if tree.files().iter().any(|file| file.starts_with("requirements")) => "requirements.txt".to_owned(),
        None => "plain scripts".to_owned(),
    }
}
