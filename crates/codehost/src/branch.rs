//! Puts optimizations on a branch, one commit each, through git's plumbing and an index of its own:
//! the user's checkout, index and HEAD are not touched.

use std::{ffi::OsStr, fs, path::Path};

use tempfile::TempDir;

use crate::{CodehostError, apply::FileChange, git::Git};

/// Who commits where git knows nobody.
const IDENTITY: (&str, &str) = ("Whetstone", "whetstone@localhost");

/// One commit to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    pub message: String,
    pub changes: Vec<FileChange>,
}

/// What the branch is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BranchName {
    /// Exactly this; refused if it is taken.
    Exactly(String),
    /// This, or with a number behind it if it is taken.
    Free(String),
}

/// A branch that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    pub name: String,
    /// Commit ids, oldest first.
    pub commits: Vec<String>,
}

/// Tells before any work whether a branch of exactly this name could be made; nothing is said of a folder without a
/// repository.
///
/// # Errors
/// [`CodehostError::BranchName`], [`CodehostError::BranchTaken`], or that git can't be started.
pub async fn check_branch(folder: &Path, wanted: &str) -> Result<(), CodehostError> {
    let git = Git::at(folder);
    check_name(&git, wanted).await?;
    match git.commit(&format!("refs/heads/{wanted}")).await? {
        Some(_) => Err(CodehostError::BranchTaken(wanted.to_owned())),
        None => Ok(()),
    }
}

/// Makes a branch from `base` with one commit for each of `commits`, dated `at` (Unix seconds), so
/// that making it twice gives the same commits and answers the same branch.
///
/// Where a file has uncommitted changes, the edit alone is merged into the committed file.
///
/// # Errors
/// [`CodehostError::BranchTaken`], [`CodehostError::Uncommitted`] where that merge conflicts; then
/// nothing was made.
pub async fn create_branch(folder: &Path, name: &BranchName, base: &str, commits: &[Commit], at: i64) -> Result<Branch, CodehostError> {
    let (BranchName::Exactly(wanted) | BranchName::Free(wanted)) = name;
    let scratch = tempfile::tempdir().map_err(|error| CodehostError::io(std::env::temp_dir(), "written", error))?;
    let git = Git::at(folder).with_index(scratch.path().join("index"));
    check_name(&git, wanted).await?;
    let prefix = git.line(&["rev-parse", "--show-prefix"]).await?.unwrap_or_default();
    let base = git
        .commit(base)
        .await?
        .ok_or_else(|| CodehostError::UnknownRef { reference: base.to_owned(), place: folder.display().to_string() })?;
    git.run(&["read-tree", &base], None).await?;
    let mut parent = base;
    let mut made = Vec::new();
    for commit in commits {
        for change in &commit.changes {
            stage(&git, &scratch, &format!("{prefix}{}", change.path), change).await?;
        }
        parent = commit_index(&git, &parent, &commit.message, at).await?;
        made.push(parent.clone());
    }
    let name = point_branch(&git, name, wanted, &parent).await?;
    Ok(Branch { name, commits: made })
}

async fn check_name(git: &Git, wanted: &str) -> Result<(), CodehostError> {
    match git.line(&["check-ref-format", "--branch", wanted]).await? {
        Some(_) => Ok(()),
        None => Err(CodehostError::BranchName(wanted.to_owned())),
    }
}

/// Puts one file's edit into the index.
async fn stage(git: &Git, scratch: &TempDir, path: &str, change: &FileChange) -> Result<(), CodehostError> {
    let entry = git.line(&["ls-files", "--stage", "--full-name", "--", &format!(":(top,literal){path}")]).await?;
    let mode = entry.as_deref().and_then(|entry| entry.split(' ').next()).unwrap_or("100644").to_owned();
    let object = entry.as_deref().and_then(|entry| entry.split(' ').nth(1)).map(str::to_owned);
    let content = match (&object, &change.before) {
        (Some(object), Some(before)) => {
            let committed = git.run(&["cat-file", "blob", object], None).await?;
            fitted(git, scratch, committed, before, change).await?
        }
        (None, None) => change.after.clone().into_bytes(),
        // A file that only the working tree has is committed whole; one only the repository has is kept.
        (None, Some(_)) => change.after.clone().into_bytes(),
        (Some(_), None) => return Err(CodehostError::Uncommitted { path: change.path.clone() }),
    };
    let written = git.run(&["hash-object", "-w", "--no-filters", "--stdin"], Some(&content)).await?;
    let object = String::from_utf8_lossy(&written).trim().to_owned();
    git.run(&["update-index", "--add", "--cacheinfo", &format!("{mode},{object},{path}")], None).await?;
    Ok(())
}

/// The committed file with the edit, and without what else the working tree changed in it.
async fn fitted(git: &Git, scratch: &TempDir, committed: Vec<u8>, before: &str, change: &FileChange) -> Result<Vec<u8>, CodehostError> {
    // Git may keep line feeds where the working tree has carriage returns too.
    let only_line_feeds = !committed.contains(&b'\r') && before.contains("\r\n");
    let as_committed = |text: &str| if only_line_feeds { text.replace("\r\n", "\n") } else { text.to_owned() };
    let (before, after) = (as_committed(before), as_committed(&change.after));
    if committed == before.as_bytes() {
        return Ok(after.into_bytes());
    }
    let put = |name: &str, content: &[u8]| {
        let at = scratch.path().join(name);
        fs::write(&at, content).map_err(|error| CodehostError::io(&at, "written", error)).map(|()| at)
    };
    let (ours, base, theirs) = (put("ours", &committed)?, put("base", before.as_bytes())?, put("theirs", after.as_bytes())?);
    let arguments =
        [OsStr::new("merge-file"), OsStr::new("-p"), OsStr::new("--quiet"), ours.as_os_str(), base.as_os_str(), theirs.as_os_str()];
    let merged = git.ask(&arguments, None).await?;
    if merged.success { Ok(merged.output) } else { Err(CodehostError::Uncommitted { path: change.path.clone() }) }
}

async fn commit_index(git: &Git, parent: &str, message: &str, at: i64) -> Result<String, CodehostError> {
    let tree = git.run(&["write-tree"], None).await?;
    let tree = String::from_utf8_lossy(&tree).trim().to_owned();
    let known = |value: Option<String>, default: &str| value.unwrap_or_else(|| default.to_owned());
    let name = known(git.line(&["config", "user.name"]).await?, IDENTITY.0);
    let email = known(git.line(&["config", "user.email"]).await?, IDENTITY.1);
    let person = format!("{} <{}> {at} +0000", name.replace(['<', '>', '\n'], ""), email.replace(['<', '>', '\n'], ""));
    // Written as an object: `commit-tree` would take dates and identity from the environment instead.
    let text = format!("tree {tree}\nparent {parent}\nauthor {person}\ncommitter {person}\n\n{}\n", message.trim_end());
    let written = git.run(&["hash-object", "-t", "commit", "-w", "--stdin"], Some(text.as_bytes())).await?;
    Ok(String::from_utf8_lossy(&written).trim().to_owned())
}

/// Creates the reference, never moving one that is there.
async fn point_branch(git: &Git, name: &BranchName, wanted: &str, tip: &str) -> Result<String, CodehostError> {
    const NEW: &str = "0000000000000000000000000000000000000000";
    for number in 1..100 {
        let candidate = if number == 1 { wanted.to_owned() } else { format!("{wanted}-{number}") };
        let reference = format!("refs/heads/{candidate}");
        match git.commit(&reference).await? {
            Some(there) if there == tip => return Ok(candidate),
            Some(_) => {}
            None => {
                let arguments = ["update-ref", "-m", "whet: optimizations", &reference, tip, NEW].map(OsStr::new);
                if git.ask(&arguments, None).await?.success {
                    return Ok(candidate);
                }
            }
        }
        if matches!(name, BranchName::Exactly(_)) {
            break;
        }
    }
    Err(CodehostError::BranchTaken(wanted.to_owned()))
}
