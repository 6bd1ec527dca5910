//! Trees, interpreters and workers for tests of behaviour, without a sandbox around them.

use std::{fs, path::PathBuf};

use tempfile::TempDir;
use whetstone_core::{
    plan::Start,
    target::{TargetName, TargetSite},
};
use whetstone_runner::{sides::Sides, worker::Limits};

/// A tree with one module `pkg.m`, and what is needed to start workers on it.
pub struct Ground {
    pub folder: TempDir,
    pub sides: Sides,
}

/// The interpreters that are installed here, oldest first; at least the one on the path.
pub fn interpreters() -> Vec<String> {
    let home = std::env::var("HOME").unwrap_or_default();
    let mut found: Vec<String> = ["3.9", "3.10", "3.11", "3.12", "3.13"].iter().filter_map(|version| installed(&home, version)).collect();
    if found.is_empty() {
        found.push("/usr/bin/python3".into());
    }
    found
}

fn installed(home: &str, version: &str) -> Option<String> {
    let entries = fs::read_dir(format!("{home}/.pyenv/versions")).ok()?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let name = names.filter(|name| name.starts_with(&format!("{version}."))).max()?;
    Some(format!("{home}/.pyenv/versions/{name}/bin/python"))
}

/// The interpreter that most tests use.
pub fn interpreter() -> String {
    interpreters().into_iter().find(|path| path.contains("3.11")).unwrap_or_else(|| interpreters()[0].clone())
}

pub fn harness() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../languages/src/python/harness")
}

impl Ground {
    pub fn new(source: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tree = folder.path().join("tree/pkg");
        fs::create_dir_all(&tree).expect("a fresh folder");
        fs::write(tree.join("__init__.py"), "").expect("writable");
        fs::write(tree.join("m.py"), source).expect("writable");
        let sides = Sides::of(folder.path(), &folder.path().join("tree"), &folder.path().join("none")).expect("a readable tree");
        Self { folder, sides }
    }

    pub fn limits(&self) -> Limits {
        Limits { scratch: self.folder.path().into(), harness: harness(), ..Limits::default() }
    }
}

pub fn start(interpreter: &str) -> Start {
    Start { language: "python".into(), interpreter: interpreter.into(), source_roots: vec![".".into()], variables: vec![] }
}

pub fn target(qualname: &str) -> TargetSite {
    TargetSite { name: TargetName::new("pkg.m", qualname), file: "pkg/m.py".into(), line: 1, end_line: 1 }
}
