//! Bytecode for all sides, made before any worker starts: a worker then starts alike on each, and
//! compiles nothing.
//!
//! Sources are compiled, never run, in one confined interpreter. Trees are copied without their own
//! bytecode ([`crate::sides`]), so what a worker loads was made from the source that it proves.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use whetstone_core::plan::Start;

use crate::{
    environment,
    guard::{self, Confinement},
    process::{self, Bounds},
    sides::{self, Side, Sides},
};

const SCRIPT: &str = include_str!("bytecode.py");

/// Most files and bytes of the target's package; what lies beyond is compiled by each worker.
const FILES: usize = 2_000;
const BYTES: u64 = 16 << 20;

const TIMEOUT: Duration = Duration::from_secs(120);

/// Compiles the package that `file` belongs to for the baseline and for `candidates`, whose edited
/// files are compiled for themselves. Does nothing for languages without bytecode.
///
/// # Errors
/// If the interpreter cannot be started or the scratch is full.
pub fn compile(start: &Start, sides: &mut Sides, candidates: &[Side], file: &str) -> io::Result<()> {
    if start.language != "python" {
        return Ok(());
    }
    let scratch = sides.scratch()?;
    let baseline = sides.baseline();
    let work = Work { tree: &baseline.root, folder: scratch.join("tmp") };
    let files = package_files(&baseline.root, &start.source_roots, file)?;
    fs::create_dir_all(work.folder.join("base"))?;
    let confinement = Confinement::new(&baseline.root, &scratch).with_interpreter(&start.interpreter).in_directory("/");
    let (tree, temporary) = (confinement.tree(), confinement.temporary());
    let mut list: Vec<(PathBuf, PathBuf)> = files.iter().map(|path| (tree.join(path), temporary.join("base").join(path))).collect();
    for (number, side) in candidates.iter().enumerate() {
        list.extend(work.take_edited(number, side, &temporary)?);
    }
    fs::write(work.folder.join("list.json"), serde_json::to_vec(&list)?)?;
    let mut command = Command::new(&start.interpreter);
    command.args(["-I", "-S", "-c", SCRIPT]).arg(temporary.join("list.json"));
    command.env_clear().envs(environment::of(start, &tree, None, &[]));
    guard::confine(&mut command, &confinement)?;
    let bounds = Bounds { timeout: TIMEOUT, printed_bytes: 1 << 20, alone: false, slowed: false };
    process::run(&mut command, bounds)?;
    work.install(candidates)?;
    sides::remove(&scratch);
    Ok(())
}

struct Work<'a> {
    tree: &'a Path,
    folder: PathBuf,
}

impl Work<'_> {
    /// Copies a candidate's edited sources to where the interpreter sees them.
    fn take_edited(&self, number: usize, side: &Side, seen: &Path) -> io::Result<Vec<(PathBuf, PathBuf)>> {
        let mut list = Vec::new();
        for path in side.edited.iter().filter(|path| path.ends_with(".py")) {
            let source = self.folder.join(format!("source-{number}")).join(path);
            if let Some(parent) = source.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::copy(side.root.join(path), source)?;
            list.push((seen.join(format!("source-{number}")).join(path), seen.join(format!("side-{number}")).join(path)));
        }
        Ok(list)
    }

    /// Puts what was compiled into the trees: the base's into every side that has the same source.
    fn install(&self, candidates: &[Side]) -> io::Result<()> {
        for path in compiled(&self.folder.join("base"))? {
            let made = self.folder.join("base").join(&path);
            put(&made, &self.tree.join(&path))?;
            for side in candidates.iter().filter(|side| !side.edited.iter().any(|edited| is_of(&path, edited))) {
                put(&made, &side.root.join(&path))?;
            }
        }
        for (number, side) in candidates.iter().enumerate() {
            let folder = self.folder.join(format!("side-{number}"));
            if folder.is_dir() {
                for path in compiled(&folder)? {
                    put(&folder.join(&path), &side.root.join(&path))?;
                }
            }
        }
        Ok(())
    }
}

/// Links a file into a tree, in place of what is there.
fn put(made: &Path, target: &Path) -> io::Result<()> {
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::remove_file(target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::hard_link(made, target),
    }
}

/// Whether `compiled` (`pkg/__pycache__/a.cpython-311.pyc`) was made from `source` (`pkg/a.py`).
fn is_of(compiled: &Path, source: &str) -> bool {
    let source = Path::new(source);
    let folder = compiled.parent().and_then(Path::parent);
    let stem = compiled.file_name().and_then(|name| name.to_str()).and_then(|name| name.split('.').next());
    folder == source.parent() && stem.is_some() && stem == source.file_stem().and_then(|stem| stem.to_str())
}

/// The bytecode files below `folder`, relative to it. The interpreter wrote them: only plain files
/// of that kind are taken.
fn compiled(folder: &Path) -> io::Result<Vec<PathBuf>> {
    walk(folder, folder, &|path| path.extension().is_some_and(|extension| extension == "pyc"))
}

/// The sources of the top-level package of `file`, or of its folder where it is in none.
fn package_files(tree: &Path, roots: &[String], file: &str) -> io::Result<Vec<PathBuf>> {
    let in_root = |root: &String| {
        let root = Path::new(root.trim_start_matches("./").trim_end_matches(['.', '/']));
        Path::new(file).strip_prefix(root).ok().map(|rest| (root.to_path_buf(), rest.to_path_buf()))
    };
    // The longest root is the one that the module is named by.
    let found = roots.iter().filter_map(in_root).max_by_key(|(root, _)| root.components().count());
    let (root, rest) = found.unwrap_or_else(|| (PathBuf::new(), PathBuf::from(file)));
    let is_nested = rest.components().count() > 1;
    let Some(package) = rest.components().next().filter(|_| is_nested) else { return Ok(vec![PathBuf::from(file)]) };
    let is_source = |path: &Path| path.extension().is_some_and(|extension| extension == "py");
    let mut files = walk(tree, &tree.join(root).join(package), &is_source)?;
    files.truncate(FILES);
    let mut left = BYTES;
    files.retain(|path| match tree.join(path).metadata() {
        Ok(status) if status.len() <= left => {
            left -= status.len();
            true
        }
        _ => false,
    });
    Ok(files)
}

/// Plain files below `folder` for which `wanted` holds, relative to `base`, in order.
fn walk(base: &Path, folder: &Path, wanted: &impl Fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                pending.push(entry.path());
            } else if kind.is_file() && wanted(&entry.path()) {
                found.push(entry.path().strip_prefix(base).map_err(io::Error::other)?.to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use whetstone_core::plan::FileEdit;

    use super::*;

    fn start(interpreter: &str) -> Start {
        Start {
            language: "python".into(),
            interpreter: interpreter.into(),
            source_roots: vec![".".into(), "src".into()],
            variables: vec![],
        }
    }

    fn tree(root: &Path) -> PathBuf {
        let tree = root.join("tree");
        fs::create_dir_all(tree.join("src/pkg/deep")).expect("empty");
        fs::create_dir_all(tree.join("src/pkg/__pycache__")).expect("empty");
        for (path, text) in [
            ("src/pkg/a.py", "value = 1\n"),
            ("src/pkg/deep/b.py", "import pkg.a\n"),
            ("src/pkg/broken.py", "def (\n"),
            ("src/pkg/__pycache__/a.cpython-399.pyc", "not ours"),
            ("setup.py", "x = 1\n"),
        ] {
            fs::write(tree.join(path), text).expect("empty");
        }
        tree
    }

    #[test]
    fn the_targets_package_is_found_under_its_root() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tree = tree(folder.path());
        let roots = start("").source_roots;
        let found = package_files(&tree, &roots, "src/pkg/deep/b.py").expect("readable");
        assert_eq!(found, ["src/pkg/a.py", "src/pkg/broken.py", "src/pkg/deep/b.py"].map(PathBuf::from));
        assert_eq!(package_files(&tree, &roots, "setup.py").expect("readable"), [PathBuf::from("setup.py")]);
    }

    #[test]
    fn every_side_gets_bytecode_of_its_own_sources() {
        let python = whetstone_testkit::python::interpreter().executable;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tree = tree(folder.path());
        let mut sides = Sides::of(folder.path(), &tree, Path::new("/nonexistent")).expect("readable");
        let edit = FileEdit { path: "src/pkg/a.py".into(), content: "value = 2\n".into() };
        let candidate = sides.side(&[edit]).expect("a plain edit");
        let candidates = [candidate.clone()];
        compile(&start(&python), &mut sides, &candidates, "src/pkg/a.py").expect("python is there");
        let value = |root: &Path| {
            // Without its source, only the bytecode can tell.
            let output = Command::new(&python)
                .args(["-B", "-c", "import importlib.util as u, sys, glob; path = glob.glob(sys.argv[1])[0]; \
                     s = u.spec_from_file_location('a', path, loader=__import__('importlib.machinery').machinery.SourcelessFileLoader('a', path)); \
                     m = u.module_from_spec(s); s.loader.exec_module(m); print(m.value)"])
                .arg(root.join("src/pkg/__pycache__/a.*.pyc"))
                .output();
            String::from_utf8(output.expect("python is there").stdout).expect("text")
        };
        assert_eq!((value(&sides.baseline().root).as_str(), value(&candidate.root).as_str()), ("1\n", "2\n"));
        let names = compiled(&candidate.root).expect("readable");
        assert_eq!(names.len(), 2, "the broken file has none, and the repository's own is left out: {names:?}");
    }
}
