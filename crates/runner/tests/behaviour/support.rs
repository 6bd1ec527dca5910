//! Trees, interpreters and workers for tests of behaviour, without a sandbox around them.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use tempfile::TempDir;
use whetstone_core::{
    cases::{Case, CaseHeader, CaseMode},
    plan::Start,
    target::{TargetName, TargetSite},
};
use whetstone_languages::python::harness::{self, COMPILE, FILES};
use whetstone_runner::{sides::Sides, worker::Limits};
use whetstone_testkit::python;

/// A tree with one module `pkg.m`, and what is needed to start workers on it.
pub struct Ground {
    pub folder: TempDir,
    pub sides: Sides,
}

/// An interpreter of each minor version that is installed here.
pub fn interpreters() -> Vec<String> {
    python::interpreters().into_iter().map(|toolchain| toolchain.executable).collect()
}

/// The interpreter that most tests use.
pub fn interpreter() -> String {
    python::interpreter().executable
}

/// The harness, compiled for every interpreter as it is for jobs: tests start thousands of workers.
pub fn harness() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| make_harness(Path::new(env!("CARGO_TARGET_TMPDIR"))).expect("the harness can be written")).clone()
}

fn make_harness(folder: &Path) -> io::Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    (FILES, interpreters()).hash(&mut hasher);
    let harness = folder.join(format!("harness-{:016x}", hasher.finish()));
    if harness.is_dir() {
        return Ok(harness);
    }
    let made = tempfile::tempdir_in(folder)?;
    harness::write(FILES, made.path())?;
    for interpreter in interpreters() {
        let status = Command::new(interpreter).args(COMPILE).arg(made.path()).status()?;
        assert!(status.success(), "the harness can't be compiled");
    }
    // Another process may have been first with the same content.
    match fs::rename(made.keep(), &harness) {
        Err(error) if !harness.is_dir() => Err(error),
        _ => Ok(harness),
    }
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

/// A call with plain arguments: `args` is the encoding of their tuple, numbered for sharing.
pub fn case(number: usize, args: &[u8], types: &str) -> Case {
    let header = CaseHeader {
        id: format!("f#{number}"),
        mode: CaseMode::Replay,
        origin: "recorded".into(),
        weight: 1,
        position: number as u64,
        size: 1,
        elapsed_ns: 100,
        sequence: String::new(),
        caller: "test".into(),
        types: types.into(),
        ends: "returns".into(),
        opaque: String::new(),
    };
    let input = [b"t\x04".as_slice(), args, b"t\x00t\x00N"].concat();
    Case { header, input, outcome: Vec::new() }
}
