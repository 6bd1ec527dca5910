//! Runs the harness's own tests (`tests/harness/test_*.py`) under every supported interpreter here.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Interpreters of these versions that pyenv or PATH offer; at least one must exist.
fn interpreters() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let mut found = Vec::new();
    for minor in ["3.9", "3.11", "3.13"] {
        let versions = home.join(".pyenv/versions");
        let entries = std::fs::read_dir(&versions).into_iter().flatten().flatten();
        let of_minor = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&format!("{minor}.")));
        found.extend(of_minor.map(|entry| entry.path().join("bin/python")).filter(|python| python.exists()).take(1));
    }
    if found.is_empty() {
        found.push(PathBuf::from("python3"));
    }
    found
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
        assert!(!report.contains("Ran 0 tests"), "{}: no tests were found", python.display());
    }
}
