//! The Python interpreters that tests run on. What is missing fails a test, and is never a reason to pass it.

use std::{
    collections::BTreeSet,
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use whetstone_core::job::Toolchain;
use whetstone_languages::python::detect::installed_toolchains;

/// Names the interpreter of most tests, such as `3.12`.
const VERSION: &str = "WHET_TEST_PYTHON";

/// One interpreter of each minor version that is installed, newest first.
///
/// # Panics
/// If none is.
pub fn interpreters() -> Vec<Toolchain> {
    let mut minors = BTreeSet::new();
    let mut found = installed_toolchains();
    found.retain(|toolchain| minors.insert(minor(toolchain).to_owned()));
    assert!(!found.is_empty(), "no Python 3.9 or newer is installed: run scripts/install-missing");
    found
}

/// The interpreter of most tests: the version that `WHET_TEST_PYTHON` names, else that of `python3`.
///
/// # Panics
/// If the named version is not installed.
pub fn interpreter() -> Toolchain {
    let wanted = env::var(VERSION).ok();
    let version = wanted.clone().or_else(version_on_path).unwrap_or_default();
    let installed = interpreters();
    let fitting = installed.iter().find(|toolchain| minor(toolchain) == version).cloned();
    match wanted {
        Some(wanted) => fitting.unwrap_or_else(|| panic!("{VERSION} names Python {wanted}, which is not installed")),
        None => fitting.unwrap_or_else(|| installed[0].clone()),
    }
}

fn version_on_path() -> Option<String> {
    let output = Command::new("python3").args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// The version without its last part, such as `3.11`.
pub fn minor(toolchain: &Toolchain) -> &str {
    toolchain.version.rsplit_once('.').map_or(&toolchain.version, |(minor, _)| minor)
}

/// The Python of a virtualenv of this interpreter that has pytest; made at the first call, under `target/`.
///
/// # Panics
/// If it can't be made.
pub fn with_pytest(toolchain: &Toolchain) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is there");
    let folder = root.join("target/test-python").join(minor(toolchain));
    let made = Command::new(root.join("scripts/test-python"))
        .args([Path::new(&toolchain.executable), &folder])
        .stderr(Stdio::inherit())
        .output()
        .expect("scripts/test-python starts");
    assert!(made.status.success(), "no virtualenv with pytest could be made for {}", toolchain.executable);
    folder.join("bin/python")
}

/// Fails where bubblewrap is not installed.
///
/// # Panics
/// If it is not.
pub fn require_bubblewrap() {
    assert!(Command::new("bwrap").arg("--version").output().is_ok(), "bubblewrap is not installed: run scripts/install-missing");
}
