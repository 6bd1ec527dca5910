//! Plans for building environments: the repository's own, and Whetstone's tools.
//!
//! What needs the package's own metadata is decided inside the job by `environment.py`; everything
//! that can be read from configuration is decided here.

use std::{io, path::Path};

use serde_json::json;
use whetstone_core::{
    Digest,
    job::Toolchain,
    plan::{
        ENVIRONMENT, HARNESS, PreparePlan, PrepareResult, SOLVER, TOOLS,
        prepare::{PrepareStep, StepResult},
    },
};

use super::{
    detect::{Detected, NOT_FOR_RUNNING, NOT_FOR_RUNNING_PREFIXES, Tree},
    harness,
};

/// Where steps collect the overlay inside the job.
const OVERLAY: &str = "/tmp/whet-overlay";
/// Tools that analysis, test generation and emitted tests use, for each interpreter.
const TOOL_REQUIREMENTS: [&str; 5] = ["line_profiler", "hypothesis", "pytest", "pytest-benchmark", "pylint"];
/// The solver of the differential search. Its version is fixed: solver.py calls it below its command line.
const SOLVER_REQUIREMENTS: [&str; 1] = ["crosshair-tool==0.0.113"];

/// The plan that builds a repository's environment at `/whet/env` and its overlay.
pub fn plan(detected: &Detected) -> PreparePlan {
    let packaging = &detected.packaging;
    let formatter = detected.formatter.as_ref().map(|formatter| formatter.requirement.clone());
    let specification = json!({
        "name": packaging.name,
        "runtime": packaging.runtime,
        "tests": detected.test_requirements.iter().cloned().chain(formatter).collect::<Vec<_>>(),
        "constraints": packaging.constraints,
        "pins": packaging.pins,
        "not_for_running": { "names": NOT_FOR_RUNNING, "prefixes": NOT_FOR_RUNNING_PREFIXES },
        "source_roots": detected.source_roots,
        "setup": detected.setup_command,
        "overlay": OVERLAY,
    })
    .to_string();
    let inside = format!("{ENVIRONMENT}/bin/python");
    let step = |name: &str, action: &str, optional: bool| PrepareStep {
        name: name.to_owned(),
        command: vec![inside.clone(), "-I".into(), script(), action.into(), specification.clone()],
        optional,
    };
    let mut steps = vec![PrepareStep {
        name: "create the environment".into(),
        command: vec![detected.toolchain.executable.clone(), "-I".into(), script(), "create".into(), ENVIRONMENT.into()],
        optional: false,
    }];
    if packaging.builds {
        // With complete static metadata the tree may still be usable as it lies, as applications
        // whose folders confuse the build back end are.
        steps.push(step("build the package", "build", packaging.is_static));
    }
    if !packaging.pins.is_empty() {
        // Locked for another interpreter or platform, they may be out of reach here.
        steps.push(step("install the locked versions", "locked", true));
    }
    steps.push(step("install dependencies", "dependencies", false));
    steps.push(step("install what tests need", "tests", true));
    if !detected.setup_command.is_empty() {
        steps.push(step("run the setup command", "setup", false));
    }
    steps.push(step("collect the overlay", "finish", false));
    PreparePlan { steps, archive: ENVIRONMENT.into(), overlay_from: OVERLAY.into() }
}

/// The plan that installs Whetstone's own tools for an interpreter at `/whet/tools`.
pub fn tools_plan(toolchain: &Toolchain) -> PreparePlan {
    folder_plan(toolchain, "install analysis tools", TOOLS, &TOOL_REQUIREMENTS)
}

/// The plan that installs the solver of the differential search for an interpreter at `/whet/solver`: large,
/// and of use only where a candidate would otherwise be accepted.
pub fn solver_plan(toolchain: &Toolchain) -> PreparePlan {
    folder_plan(toolchain, "install the solver", SOLVER, &SOLVER_REQUIREMENTS)
}

fn folder_plan(toolchain: &Toolchain, name: &str, folder: &str, requirements: &[&str]) -> PreparePlan {
    let mut command = vec![toolchain.executable.clone(), "-I".into(), script(), "tools".into(), folder.into()];
    command.extend(requirements.iter().map(|requirement| (*requirement).to_owned()));
    let steps = vec![PrepareStep { name: name.into(), command, optional: false }];
    PreparePlan { steps, archive: folder.into(), overlay_from: String::new() }
}

fn script() -> String {
    format!("{HARNESS}/whet_harness/environment.py")
}

/// Names an environment: equal keys mean that building would read the same files in the same way.
///
/// # Errors
/// If the tree can't be listed.
pub fn environment_key(tree: &Path, detected: &Detected) -> io::Result<Digest> {
    let tree = Tree::open(tree)?;
    let mut text = toolchain_key(&detected.toolchain);
    text.push_str(&format!("{}\n", serde_json::to_string(&plan(detected)).map_err(io::Error::other)?));
    let read = if detected.build_reads_sources { tree.files() } else { &detected.build_files };
    for file in read {
        let digest = tree.bytes(file).map_or_else(|| "unreadable".to_owned(), |bytes| Digest::of(&bytes).to_string());
        text.push_str(&format!("{file} {digest}\n"));
    }
    Ok(Digest::of(text.as_bytes()))
}

/// Names a tools environment; it holds nothing of any repository.
pub fn tools_key(toolchain: &Toolchain) -> Digest {
    folder_key(toolchain, &TOOL_REQUIREMENTS)
}

/// Names a solver's environment; it holds nothing of any repository either.
pub fn solver_key(toolchain: &Toolchain) -> Digest {
    folder_key(toolchain, &SOLVER_REQUIREMENTS)
}

fn folder_key(toolchain: &Toolchain, requirements: &[&str]) -> Digest {
    Digest::of(format!("{}{requirements:?}\n", toolchain_key(toolchain)).as_bytes())
}

fn toolchain_key(toolchain: &Toolchain) -> String {
    let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let recipe = Digest::of(harness::BUILDER.as_bytes());
    format!("recipe {recipe}\n{platform}\n{} {} {} {}\n", toolchain.language, toolchain.version, toolchain.executable, toolchain.image)
}

/// Why an environment could not be built, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrepareFailure {
    pub message: String,
    /// The tool's own last lines.
    pub detail: String,
    pub advice: String,
}

/// The step that stopped a prepare plan, and what to set; `None` if the environment was built.
pub fn failure(plan: &PreparePlan, result: &PrepareResult) -> Option<PrepareFailure> {
    let is_optional = |step: &StepResult| plan.steps.iter().any(|planned| planned.name == step.name && planned.optional);
    let failed = result.steps.iter().rev().find(|step| step.exit != 0 && !is_optional(step))?;
    // A package that did not build, though it might have done without, is the likelier cause.
    let detail = last_lines(&failed.tail, 12);
    let advice = advice_for(&failed.name, &failed.tail);
    Some(PrepareFailure { message: format!("could not {}: exit status {}", failed.name, failed.exit), detail, advice })
}

/// Lines for people about optional steps that failed.
pub fn notes(plan: &PreparePlan, result: &PrepareResult) -> Vec<String> {
    let optional_failures =
        result.steps.iter().filter(|step| step.exit != 0 && plan.steps.iter().any(|planned| planned.name == step.name && planned.optional));
    optional_failures.map(|step| format!("could not {}, went on without: {}", step.name, last_lines(&step.tail, 2))).collect()
}

fn advice_for(step: &str, tail: &str) -> String {
    let says = |text: &str| tail.contains(text);
    if says("No matching distribution") || says("ResolutionImpossible") {
        return "Correct the requirement that is named above, or choose another interpreter with --python or `python` in .whetstone.toml"
            .into();
    }
    if says("Temporary failure in name resolution") || says("Connection") || says("ProxyError") || says("SSLError") {
        return "The package index can't be reached. Check the network; a proxy is set as registries.upstream_proxy, further certificates as sandbox.certificates, another index's host in registries.hosts".into();
    }
    if says("gcc") || says("cc1") || says("fatal error:") || says("Python.h") || says("error: command") {
        return "A compiler or a header is missing for a compiled dependency. Install it, or choose an interpreter that the dependency has a wheel for".into();
    }
    match step {
        "run the setup command" => "Correct `setup` in .whetstone.toml, or --setup".into(),
        "create the environment" => "Install the interpreter's venv and ensurepip modules (on Debian and Ubuntu: python3-venv)".into(),
        _ => "Make `pip install .` work in a fresh environment; what it needs first can be said as `setup` in .whetstone.toml".into(),
    }
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::detect, *};

    fn toolchain() -> Toolchain {
        Toolchain {
            language: "python".into(),
            version: "3.12.1".into(),
            executable: "/opt/python/bin/python3.12".into(),
            roots: vec!["/opt/python".into()],
            image: String::new(),
        }
    }

    fn detected(folder: &Path, files: &[(&str, &str)]) -> Detected {
        for (path, text) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("has one")).expect("made");
            fs::write(path, text).expect("written");
        }
        detect::detect(folder, &[toolchain()], &detect::DetectOptions::default()).expect("detected")
    }

    const PROJECT: (&str, &str) =
        ("pyproject.toml", "[build-system]\nrequires = [\"flit_core\"]\n[project]\nname = \"p\"\ndependencies = []\n");

    #[test]
    fn the_key_changes_with_what_the_build_reads_and_with_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = [PROJECT, ("p/__init__.py", "__version__ = '1'"), ("p/a.py", "x = 1"), ("tests/test_a.py", "def test_a(): pass")];
        let first = detected(folder.path(), &files);
        let key = |detected: &Detected| environment_key(folder.path(), detected).expect("a key");
        let before = key(&first);
        assert_eq!(before, key(&detected(folder.path(), &[("p/a.py", "x = 2")])));
        assert_ne!(before, key(&detected(folder.path(), &[("p/__init__.py", "__version__ = '2'")])));
        let compiled = detected(folder.path(), &[("p/fast.pyx", "x = 1"), ("p/__init__.py", "__version__ = '1'")]);
        assert!(compiled.build_reads_sources);
        let with_extension = key(&compiled);
        assert_ne!(with_extension, key(&detected(folder.path(), &[("p/a.py", "x = 3")])));
    }

    #[test]
    fn a_failed_step_is_told_with_the_tools_own_words_and_an_optional_one_as_a_note() {
        let folder = tempfile::tempdir().expect("a folder");
        let plan = plan(&detected(folder.path(), &[PROJECT, ("p.py", ""), ("test_p.py", "import unittest")]));
        let step = |name: &str, exit: i32, tail: &str| StepResult { name: name.into(), exit, tail: tail.into() };
        let mut result = PrepareResult {
            steps: vec![
                step("create the environment", 0, ""),
                step("build the package", 1, "two packages\n"),
                step("install dependencies", 0, ""),
            ],
            environment: "environment.tar".into(),
            overlay: String::new(),
            packages: vec![],
        };
        assert_eq!(failure(&plan, &result), None);
        assert_eq!(notes(&plan, &result), ["could not build the package, went on without: two packages"]);
        result.steps.push(step("install dependencies", 1, "ERROR: No matching distribution found for nonesuch==9\n"));
        let failure = failure(&plan, &result).expect("failed");
        assert!(failure.detail.contains("nonesuch==9") && failure.advice.contains("requirement"), "{failure:?}");
    }
}
