//! Writes edits as a patch, or into the working tree where it still is what was measured.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    io::{Read, Write},
    path::{Component, Path, PathBuf},
};

use similar::TextDiff;
use tempfile::NamedTempFile;

use crate::{CodehostError, git::Git};

/// One file before and after an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Relative to the snapshot's tree.
    pub path: String,
    /// As in the snapshot; nothing for a new file.
    pub before: Option<String>,
    pub after: String,
}

/// Writes changes as one unified diff that `git apply` and `patch -p1` take.
pub fn patch(changes: &[FileChange]) -> String {
    changes.iter().filter(|change| change.before.as_deref() != Some(change.after.as_str())).map(file_patch).collect()
}

fn file_patch(change: &FileChange) -> String {
    let path = &change.path;
    let before = change.before.as_deref().unwrap_or_default();
    let old = if change.before.is_some() { format!("a/{path}") } else { "/dev/null".to_owned() };
    let diff = TextDiff::from_lines(before, &change.after);
    let hunks = diff.unified_diff().context_radius(3).header(&old, &format!("b/{path}")).to_string();
    let mode = if change.before.is_some() { "" } else { "new file mode 100644\n" };
    format!("diff --git a/{path} b/{path}\n{mode}{hunks}")
}

/// Reads a patch as changes of the tree that it was made for.
///
/// # Errors
/// If the patch does not fit that tree.
pub async fn changes(tree_tar: &Path, patch: &str) -> Result<Vec<FileChange>, CodehostError> {
    let scratch = tempfile::tempdir().map_err(|error| CodehostError::io(std::env::temp_dir(), "written", error))?;
    let paths = patched_paths(patch);
    let before = read_from(tree_tar, &paths)?;
    for (path, text) in &before {
        let at = scratch.path().join(path);
        let written = at.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&at, text));
        written.map_err(|error| CodehostError::io(&at, "written", error))?;
    }
    Git::at(scratch.path()).run(&["apply", "--whitespace=nowarn"], Some(patch.as_bytes())).await?;
    let change = |path: String| {
        let at = scratch.path().join(&path);
        let after = fs::read_to_string(&at).map_err(|error| CodehostError::io(&at, "read", error))?;
        Ok(FileChange { before: before.get(&path).cloned(), path, after })
    };
    paths.into_iter().map(change).collect()
}

/// The files that a patch leaves changed.
fn patched_paths(patch: &str) -> BTreeSet<String> {
    let named = patch.lines().filter_map(|line| line.strip_prefix("+++ b/"));
    let relative = |path: &&str| Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    named.map(|path| path.split('\t').next().unwrap_or(path)).filter(relative).map(str::to_owned).collect()
}

/// The texts of some files of a tree.
fn read_from(tree_tar: &Path, paths: &BTreeSet<String>) -> Result<BTreeMap<String, String>, CodehostError> {
    let unreadable = |error| CodehostError::io(tree_tar, "read", error);
    let mut archive = tar::Archive::new(fs::File::open(tree_tar).map_err(unreadable)?);
    let mut texts = BTreeMap::new();
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if paths.contains(&path) {
            let mut text = String::new();
            entry.read_to_string(&mut text).map_err(unreadable)?;
            texts.insert(path, text);
        }
    }
    Ok(texts)
}

/// Writes changes into a folder: all of them, or none where one file is not as it was.
///
/// # Errors
/// [`CodehostError::ChangedSince`] before anything is written.
pub fn apply(folder: &Path, changes: &[FileChange]) -> Result<(), CodehostError> {
    let root = folder.canonicalize().map_err(|error| CodehostError::io(folder, "read", error))?;
    let mut ready: Vec<(NamedTempFile, PathBuf)> = Vec::new();
    for change in changes {
        let at = unchanged_place(&root, change)?;
        ready.push((written_beside(&at, &change.after)?, at));
    }
    for (file, at) in ready {
        file.persist(&at).map_err(|error| CodehostError::io(&at, "written", error.error))?;
    }
    Ok(())
}

/// Where a change goes, once it is sure that the file is as it was and inside the folder.
fn unchanged_place(root: &Path, change: &FileChange) -> Result<PathBuf, CodehostError> {
    let changed = || CodehostError::ChangedSince { path: change.path.clone() };
    let relative = Path::new(&change.path);
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(changed());
    }
    let at = root.join(relative);
    let parent = at.parent().unwrap_or(root);
    if change.before.is_none() {
        fs::create_dir_all(parent).map_err(|error| CodehostError::io(parent, "written", error))?;
    }
    if !parent.canonicalize().is_ok_and(|parent| parent.starts_with(root)) || at.is_symlink() {
        return Err(changed());
    }
    match (fs::read(&at), &change.before) {
        (Ok(now), Some(before)) if now == before.as_bytes() => Ok(at),
        // A file that is there already as wanted comes from an earlier, interrupted writing.
        (Ok(now), _) if now == change.after.as_bytes() => Ok(at),
        (Err(error), None) if error.kind() == io::ErrorKind::NotFound => Ok(at),
        _ => Err(changed()),
    }
}

fn written_beside(at: &Path, text: &str) -> Result<NamedTempFile, CodehostError> {
    let unwritable = |error| CodehostError::io(at, "written", error);
    let parent = at.parent().expect("a file inside a folder has a parent");
    let mut file = tempfile::Builder::new().prefix(".whet-").tempfile_in(parent).map_err(unwritable)?;
    file.write_all(text.as_bytes()).map_err(unwritable)?;
    let permissions = fs::metadata(at).map(|metadata| metadata.permissions());
    let permissions = permissions.unwrap_or_else(|_| std::os::unix::fs::PermissionsExt::from_mode(0o644));
    file.as_file().set_permissions(permissions).map_err(unwritable)?;
    file.as_file().sync_all().map_err(unwritable)?;
    Ok(file)
}
