//! Runs the harness's own tests (`tests/harness/test_*.py`) under every supported interpreter here.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use whetstone_testkit::python;

/// The oldest, the usual and the newest interpreter of this machine, each with pytest.
fn interpreters() -> Vec<PathBuf> {
    let installed = python::interpreters();
    let chosen = [&installed[installed.len() - 1], &python::interpreter(), &installed[0]].map(python::with_pytest);
    BTreeSet::from(chosen).into_iter().collect()
}

#[test]
fn the_harness_passes_its_tests_under_every_interpreter() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for python in interpreters() {
        let output = Command::new(&python)
            .args(["-B", "-m", "unittest", "discover", "-s"])
            .arg(crate_folder.join("tests/harness"))
            .env("PYTHONPATH", crate_folder.join("src/python/harness"))
            .env_remove("WHET_INSTRUMENT")
            .output()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", python.display()));
        let report = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}:\n{report}", python.display());
        assert!(!report.contains("skipped="), "{}: something is left out:\n{report}", python.display());
        assert!(!report.contains("Ran 0 tests"), "{}: no tests were found", python.display());
    }
}
