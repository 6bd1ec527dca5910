//! Trees from folders: the working tree with its uncommitted files, or a commit of its repository.

use std::{
    collections::VecDeque,
    ffi::OsStr,
    fs, io,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::PermissionsExt,
    },
    path::{Path, PathBuf},
};

use crate::{
    CodehostError, clone,
    git::Git,
    snapshot::{Origin, blocking},
    tree::{Limits, Tree},
};

/// Folders that are made by tools and never a source, left out of what git does not track.
const MADE_BY_TOOLS: [&str; 12] = [
    ".git",
    ".hg",
    ".svn",
    "__pycache__",
    "node_modules",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".eggs",
];

/// Reads a folder's tree, or that of a ref of its repository.
pub(crate) async fn tree(folder: &Path, reference: Option<&str>, limits: Limits, work: &Path) -> Result<(Tree, Origin), CodehostError> {
    if !folder.is_dir() {
        return Err(CodehostError::SourceMissing(folder.display().to_string()));
    }
    fs::read_dir(folder).map_err(|error| CodehostError::io(folder, "read", error))?;
    let git = Git::at(folder);
    let in_repository = match git.line(&["rev-parse", "--is-inside-work-tree"]).await {
        Ok(answer) => answer.as_deref() == Some("true"),
        Err(CodehostError::GitMissing) if reference.is_none() => false,
        Err(error) => return Err(error),
    };
    match (reference, in_repository) {
        (Some(reference), true) => {
            clone::committed(&git, reference, &format!("the repository of {}", folder.display()), limits, work).await
        }
        (Some(_), false) => Err(CodehostError::NoGitRepository(folder.to_owned())),
        (None, true) => working_tree(&git, folder, limits, work).await,
        (None, false) => Ok((everything(folder, limits, work).await?, Origin::default())),
    }
}

async fn everything(folder: &Path, limits: Limits, work: &Path) -> Result<Tree, CodehostError> {
    let (folder, work) = (folder.to_owned(), work.to_owned());
    blocking(move || {
        let mut tree = Tree::new(limits, &work)?;
        walk(&mut tree, &folder, Vec::new())?;
        Ok(tree)
    })
    .await
}

async fn working_tree(git: &Git, folder: &Path, limits: Limits, work: &Path) -> Result<(Tree, Origin), CodehostError> {
    let tracked = list(git, &["--cached"]).await?;
    if tracked.is_empty() && git.line(&["check-ignore", "."]).await?.is_some() {
        // Named itself, inside a repository that wants to know nothing of it.
        return Ok((everything(folder, limits, work).await?, Origin::default()));
    }
    let others = list(git, &["--others", "--exclude-standard"]).await?;
    let commit = git.commit("HEAD").await?;
    let branch = git.line(&["symbolic-ref", "--quiet", "--short", "HEAD"]).await?;
    let changes = git.run(&["status", "--porcelain", "-z", "--ignore-submodules", "--", "."], None).await?;
    let (folder, work) = (folder.to_owned(), work.to_owned());
    let tree = blocking(move || {
        let mut tree = Tree::new(limits, &work)?;
        for path in tracked {
            add(&mut tree, &folder, path)?;
        }
        for path in others.into_iter().filter(|path| !is_made_by_tools(&folder, path)) {
            add(&mut tree, &folder, path)?;
        }
        Ok(tree)
    })
    .await?;
    Ok((tree, Origin { commit, branch, uncommitted: !changes.is_empty() }))
}

async fn list(git: &Git, which: &[&str]) -> Result<Vec<Vec<u8>>, CodehostError> {
    let arguments: Vec<&str> = ["ls-files", "-z"].iter().chain(which).copied().collect();
    let output = git.run(&arguments, None).await?;
    Ok(output
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(|path| path.strip_suffix(b"/").unwrap_or(path).to_vec())
        .collect())
}

fn is_made_by_tools(folder: &Path, path: &[u8]) -> bool {
    let mut above = folder.to_owned();
    path.split(|byte| *byte == b'/').any(|part| {
        above.push(OsStr::from_bytes(part));
        MADE_BY_TOOLS.iter().any(|name| name.as_bytes() == part) || above.join("pyvenv.cfg").is_file()
    })
}

/// Adds what stands at a path: a file, a link, or a whole folder (a submodule, a repository inside).
fn add(tree: &mut Tree, folder: &Path, path: Vec<u8>) -> Result<(), CodehostError> {
    let at = folder.join(OsStr::from_bytes(&path));
    let metadata = match fs::symlink_metadata(&at) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(()),
        Err(error) => {
            tree.leave_out(&path, &format!("can't be read: {error}"));
            return Ok(());
        }
    };
    let kind = metadata.file_type();
    if kind.is_symlink() {
        let to = fs::read_link(&at).map_err(|error| CodehostError::io(&at, "read", error))?;
        tree.link(path, to.into_os_string().into_vec())
    } else if kind.is_file() {
        tree.disk_file(path, at, metadata.len(), metadata.permissions().mode() & 0o111 != 0)
    } else if kind.is_dir() {
        walk(tree, folder, path)
    } else {
        tree.leave_out(&path, "neither a file nor a link");
        Ok(())
    }
}

/// Adds everything below a folder, without following links.
fn walk(tree: &mut Tree, root: &Path, below: Vec<u8>) -> Result<(), CodehostError> {
    let mut folders = VecDeque::from([below]);
    while let Some(folder) = folders.pop_front() {
        let at: PathBuf = root.join(OsStr::from_bytes(&folder));
        let listing = match fs::read_dir(&at) {
            Ok(listing) => listing,
            Err(error) => {
                tree.leave_out(&folder, &format!("can't be read: {error}"));
                continue;
            }
        };
        for item in listing {
            let item = item.map_err(|error| CodehostError::io(&at, "read", error))?;
            let name = item.file_name();
            let path = if folder.is_empty() { name.as_bytes().to_vec() } else { [folder.as_slice(), b"/", name.as_bytes()].concat() };
            let is_folder = item.file_type().is_ok_and(|kind| kind.is_dir());
            match is_folder {
                true if is_made_by_tools(&at, name.as_bytes()) => {}
                true => folders.push_back(path),
                false => add(tree, root, path)?,
            }
        }
    }
    Ok(())
}
