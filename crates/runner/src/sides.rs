//! Side trees: the baseline and each candidate as folders on disk.
//!
//! The base is the snapshot's tree with the overlay, copied once. A candidate shares the base's
//! files by hard links, except those that it edits; so no side may ever be written, and whoever
//! must write gets a copy.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs, io,
    os::unix::fs::{MetadataExt, symlink},
    path::{Component, Path, PathBuf},
};

use whetstone_core::{
    Digest,
    plan::{FileEdit, OVERLAY_INPUT, TREE_INPUT},
};

/// Makes side trees under one folder.
#[derive(Debug)]
pub struct Sides {
    folder: PathBuf,
    base: PathBuf,
    made: u32,
}

/// One side's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Where it lies; shown to confined commands at `/whet/tree`.
    pub root: PathBuf,
    /// Paths, relative to the tree, of the files that differ from the base.
    pub edited: Vec<String>,
}

impl Side {
    /// The digest of one file of the side.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn digest_of(&self, relative: &str) -> io::Result<Digest> {
        Digest::of_reader(fs::File::open(self.root.join(relative))?)
    }
}

impl Sides {
    /// Copies the job's tree and overlay into `scratch`.
    ///
    /// # Errors
    /// If an input cannot be read or the scratch is full.
    pub fn prepare(scratch: &Path) -> io::Result<Self> {
        Self::of(scratch, Path::new(TREE_INPUT), Path::new(OVERLAY_INPUT))
    }

    /// Copies `tree`, and `overlay` over it where there is one, into `scratch`.
    ///
    /// # Errors
    /// If an input cannot be read or the scratch is full.
    pub fn of(scratch: &Path, tree: &Path, overlay: &Path) -> io::Result<Self> {
        let folder = scratch.join("sides");
        let base = folder.join("base");
        fs::create_dir_all(&base)?;
        copy_tree(tree, &base, WITHOUT_BYTECODE)?;
        if overlay.is_dir() {
            copy_tree(overlay, &base, WITHOUT_BYTECODE)?;
        }
        Ok(Self { folder, base, made: 0 })
    }

    /// The unedited side.
    pub fn baseline(&self) -> Side {
        Side { root: self.base.clone(), edited: Vec::new() }
    }

    /// Makes the side with `edits`; the baseline where there are none.
    ///
    /// # Errors
    /// If an edit's path leaves the tree, or the scratch is full.
    pub fn side(&mut self, edits: &[FileEdit]) -> io::Result<Side> {
        if edits.is_empty() {
            return Ok(self.baseline());
        }
        let root = self.next("side")?;
        link_tree(&self.base, &root)?;
        for edit in edits {
            write_edit(&root, edit)?;
        }
        Ok(Side { root, edited: edits.iter().map(|edit| edit.path.clone()).collect() })
    }

    /// Copies a side, so that a workload may write into it.
    ///
    /// # Errors
    /// If the scratch is full.
    pub fn writable_copy(&mut self, side: &Side) -> io::Result<Side> {
        let root = self.next("copy")?;
        copy_tree(&side.root, &root, |_| true)?;
        Ok(Side { root, edited: side.edited.clone() })
    }

    /// Makes a fresh, empty folder for one confined command.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn scratch(&mut self) -> io::Result<PathBuf> {
        self.next("scratch")
    }

    fn next(&mut self, kind: &str) -> io::Result<PathBuf> {
        self.made += 1;
        let path = self.folder.join(format!("{kind}-{}", self.made));
        fs::create_dir(&path)?;
        Ok(path)
    }
}

/// Removes a folder that untrusted code could write, whatever modes it left there.
pub fn remove(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if fs::remove_dir_all(folder).is_ok() {
        return;
    }
    let mut pending = vec![folder.to_path_buf()];
    while let Some(path) = pending.pop() {
        let _ = fs::set_permissions(&path, fs::Permissions::from_mode(0o700));
        let entries = fs::read_dir(&path).into_iter().flatten().flatten();
        pending.extend(entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()));
    }
    // What still stays goes with the job's scratch.
    let _ = fs::remove_dir_all(folder);
}

/// Keeps out what was compiled elsewhere from who knows what.
const WITHOUT_BYTECODE: fn(&OsStr) -> bool = |name| name != "__pycache__";

fn copy_tree(from: &Path, to: &Path, enters: impl Fn(&OsStr) -> bool) -> io::Result<()> {
    walk(from, to, &enters, &mut |source, target| {
        if target.symlink_metadata().is_ok() {
            fs::remove_file(target)?;
        }
        fs::copy(source, target)?;
        let status = source.metadata()?;
        let file = fs::File::open(target)?;
        // Bytecode is valid only for the time that it names.
        file.set_times(fs::FileTimes::new().set_modified(status.modified()?).set_accessed(status.accessed()?))
    })
}

fn link_tree(from: &Path, to: &Path) -> io::Result<()> {
    walk(from, to, &|_| true, &mut |source, target| fs::hard_link(source, target))
}

/// Makes the folders that it `enters` and the symbolic links of `from` in `to`, and gives each file to
/// `place`.
fn walk(
    from: &Path,
    to: &Path,
    enters: &impl Fn(&OsStr) -> bool,
    place: &mut impl FnMut(&Path, &Path) -> io::Result<()>,
) -> io::Result<()> {
    let mut pending = vec![(from.to_path_buf(), to.to_path_buf())];
    while let Some((source, target)) = pending.pop() {
        for entry in fs::read_dir(&source)? {
            let entry = entry?;
            let (source, target) = (entry.path(), target.join(entry.file_name()));
            let kind = entry.file_type()?;
            if kind.is_dir() && enters(&entry.file_name()) {
                if !target.is_dir() {
                    fs::create_dir(&target)?;
                }
                pending.push((source, target));
            } else if kind.is_symlink() {
                let _ = fs::remove_file(&target);
                symlink(fs::read_link(&source)?, &target)?;
            } else if kind.is_file() {
                place(&source, &target)?;
            }
        }
    }
    Ok(())
}

fn write_edit(root: &Path, edit: &FileEdit) -> io::Result<()> {
    let path = inside(root, &edit.path)?;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
        if !parent.canonicalize()?.starts_with(root.canonicalize()?) {
            return Err(outside(&edit.path));
        }
    }
    // The name, not the content, goes: the base shares the content.
    let former = path.symlink_metadata().ok();
    if former.is_some() {
        fs::remove_file(&path)?;
    }
    fs::write(&path, &edit.content)?;
    if let Some(status) = former.filter(fs::Metadata::is_file) {
        fs::set_permissions(&path, status.permissions())?;
    }
    forget_bytecode(&path)
}

/// Removes what was compiled from the file's former content.
fn forget_bytecode(source: &Path) -> io::Result<()> {
    let (Some(folder), Some(stem)) = (source.parent(), source.file_stem().and_then(|stem| stem.to_str())) else { return Ok(()) };
    let Ok(entries) = fs::read_dir(folder.join("__pycache__")) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let is_of_source = name.to_str().and_then(|name| name.strip_prefix(stem)).is_some_and(|rest| rest.starts_with('.'));
        if is_of_source {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn inside(root: &Path, relative: &str) -> io::Result<PathBuf> {
    let path = Path::new(relative);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if relative.is_empty() || !is_plain { Err(outside(relative)) } else { Ok(root.join(path)) }
}

fn outside(path: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("`{path}` does not lie in the tree"))
}

/// A tree's state before something ran in it.
#[derive(Debug)]
pub struct Before(BTreeMap<String, Stamp>);

#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified_ns: i128,
    inode: u64,
    changed_ns: i128,
}

/// Folders whose content says nothing about what a program did.
const CACHES: [&str; 4] = ["__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache"];

/// Most files whose digests are taken; a workload that makes more is compared by these.
const DIGESTS: usize = 20_000;

impl Before {
    /// Notes the files of `root`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of(root: &Path) -> io::Result<Self> {
        stamps(root).map(Self)
    }

    /// Digests the files that were made or changed since, by path relative to `root`; a file that is
    /// gone has an empty digest, and a symbolic link that of its target's name.
    ///
    /// # Errors
    /// If the tree cannot be read.
    pub fn changes(&self, root: &Path) -> io::Result<BTreeMap<String, String>> {
        let after = stamps(root)?;
        let gone = self.0.keys().filter(|path| !after.contains_key(*path)).map(|path| (path.clone(), String::new()));
        let mut changes: BTreeMap<String, String> = gone.collect();
        for path in after.iter().filter(|(path, stamp)| self.0.get(*path) != Some(stamp)).map(|(path, _)| path).take(DIGESTS) {
            changes.insert(path.clone(), content_digest(&root.join(path)).unwrap_or_else(|error| format!("unreadable: {}", error.kind())));
        }
        Ok(changes)
    }
}

fn stamps(root: &Path) -> io::Result<BTreeMap<String, Stamp>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(folder) = pending.pop() {
        // A workload may have closed one of its own folders.
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() && !CACHES.iter().any(|cache| entry.file_name() == *cache) {
                pending.push(path);
            } else if kind.is_file() || kind.is_symlink() {
                let name = path.strip_prefix(root).map_err(io::Error::other)?.to_string_lossy().into_owned();
                found.insert(name, stamp(&entry.metadata()?));
            }
        }
    }
    Ok(found)
}

fn stamp(status: &fs::Metadata) -> Stamp {
    let nanoseconds = |seconds: i64, part: i64| i128::from(seconds) * 1_000_000_000 + i128::from(part);
    Stamp {
        size: status.size(),
        modified_ns: nanoseconds(status.mtime(), status.mtime_nsec()),
        inode: status.ino(),
        changed_ns: nanoseconds(status.ctime(), status.ctime_nsec()),
    }
}

fn content_digest(path: &Path) -> io::Result<String> {
    let digest = if path.is_symlink() {
        Digest::of(fs::read_link(path)?.as_os_str().as_encoded_bytes())
    } else {
        Digest::of_reader(fs::File::open(path)?)?
    };
    Ok(digest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Made {
        _folder: tempfile::TempDir,
        root: PathBuf,
        sides: Sides,
    }

    fn made() -> Made {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().to_path_buf();
        fs::create_dir_all(root.join("tree/pkg/__pycache__")).expect("empty");
        fs::write(root.join("tree/pkg/a.py"), "a = 1\n").expect("empty");
        fs::write(root.join("tree/pkg/__pycache__/a.cpython-311.pyc"), "old").expect("empty");
        fs::write(root.join("tree/pkg/b.py"), "b = 1\n").expect("empty");
        symlink("a.py", root.join("tree/pkg/link.py")).expect("empty");
        fs::create_dir_all(root.join("overlay/pkg")).expect("empty");
        fs::write(root.join("overlay/pkg/version.py"), "v = 2\n").expect("empty");
        let sides = Sides::of(&root, &root.join("tree"), &root.join("overlay")).expect("readable inputs");
        Made { _folder: folder, root, sides }
    }

    fn edit(path: &str, content: &str) -> FileEdit {
        FileEdit { path: path.into(), content: content.into() }
    }

    #[test]
    fn a_candidate_shares_all_but_its_edits_and_leaves_the_base_alone() {
        let Made { _folder: _kept, mut sides, .. } = made();
        let base = sides.baseline();
        assert!(!base.root.join("pkg/__pycache__").exists(), "bytecode from elsewhere is left out");
        fs::create_dir(base.root.join("pkg/__pycache__")).expect("writable");
        for name in ["a.cpython-311.pyc", "b.cpython-311.pyc"] {
            fs::write(base.root.join("pkg/__pycache__").join(name), "made").expect("writable");
        }
        let side = sides.side(&[edit("pkg/a.py", "a = 2\n")]).expect("a plain edit");
        assert_eq!(fs::read_to_string(side.root.join("pkg/a.py")).expect("made"), "a = 2\n");
        assert_eq!(fs::read_to_string(base.root.join("pkg/a.py")).expect("kept"), "a = 1\n");
        assert_ne!(side.digest_of("pkg/a.py").expect("made"), base.digest_of("pkg/a.py").expect("kept"));
        let inode = |side: &Side, path: &str| fs::metadata(side.root.join(path)).expect("there").ino();
        assert_eq!(inode(&side, "pkg/b.py"), inode(&base, "pkg/b.py"));
        assert!(!side.root.join("pkg/__pycache__/a.cpython-311.pyc").exists(), "bytecode of the former content");
        assert!(side.root.join("pkg/__pycache__/b.cpython-311.pyc").exists());
        assert_eq!(fs::read_to_string(side.root.join("pkg/version.py")).expect("overlaid"), "v = 2\n");
    }

    #[test]
    fn a_writable_copy_shares_nothing() {
        let Made { _folder: _kept, mut sides, .. } = made();
        let base = sides.baseline();
        let copy = sides.writable_copy(&base).expect("room");
        fs::write(copy.root.join("pkg/b.py"), "changed").expect("writable");
        assert_eq!(fs::read_to_string(base.root.join("pkg/b.py")).expect("kept"), "b = 1\n");
        let times = |side: &Side| fs::metadata(side.root.join("pkg/a.py")).expect("there").modified().expect("kept");
        assert_eq!(times(&copy), times(&base), "bytecode stays valid");
    }

    #[test]
    fn an_edit_outside_the_tree_is_refused() {
        let Made { _folder: _kept, mut sides, root } = made();
        fs::create_dir(root.join("elsewhere")).expect("empty");
        symlink(root.join("elsewhere"), sides.baseline().root.join("way")).expect("writable");
        for path in ["../x.py", "/etc/x", "", "pkg/../../x", "way/x.py"] {
            assert!(sides.side(&[edit(path, "x")]).is_err(), "{path}");
        }
        assert!(!root.join("elsewhere/x.py").exists());
    }

    #[test]
    fn changes_name_what_was_made_changed_and_removed_but_no_caches() {
        let Made { _folder: _kept, sides, .. } = made();
        let root = sides.baseline().root;
        let before = Before::of(&root).expect("readable");
        assert!(before.changes(&root).expect("readable").is_empty());
        fs::write(root.join("out.txt"), "made").expect("writable");
        fs::write(root.join("pkg/b.py"), "b = 3\n").expect("writable");
        fs::remove_file(root.join("pkg/version.py")).expect("there");
        fs::create_dir_all(root.join("deep/__pycache__")).expect("writable");
        fs::write(root.join("deep/__pycache__/x.pyc"), "cache").expect("writable");
        let changes = before.changes(&root).expect("readable");
        let names: Vec<&str> = changes.keys().map(String::as_str).collect();
        assert_eq!(names, ["out.txt", "pkg/b.py", "pkg/version.py"]);
        assert_eq!(changes["out.txt"], Digest::of(b"made").as_str());
        assert_eq!(changes["pkg/version.py"], "");
    }
}
