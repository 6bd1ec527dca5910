//! Takes a snapshot from whatever a source is.

use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use whetstone_core::Digest;

use crate::{
    CodehostError, archive, clone, folder,
    tree::{Limits, Tree, Written},
};

/// What a snapshot is taken of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A folder with its uncommitted files; ignored ones are left out.
    Folder(PathBuf),
    /// A `.tar.gz`, `.tgz`, `.tar` or `.zip` file; a single top folder is removed.
    Archive(PathBuf),
    /// A tar of a tree, as another machine sent it; nothing is removed.
    Tree(PathBuf),
    /// A git repository by URL: `https://`, `ssh://`, `git@host:path`, `file://`.
    Git(String),
}

/// One commit's tree, or a folder's as it stood, as a canonical tar.
#[derive(Debug)]
pub struct Snapshot {
    /// Digest of the tar: equal trees have equal digests.
    pub digest: Digest,
    /// The tar; removed with this value unless it is persisted or copied.
    pub tar: NamedTempFile,
    /// Bytes of the tar.
    pub size: u64,
    /// Files and links in the tree.
    pub files: u32,
    /// Bytes of all files together.
    pub bytes: u64,
    /// The commit that the tree is, or that the folder was changed from.
    pub commit: Option<String>,
    pub branch: Option<String>,
    /// Whether the tree differs from `commit`.
    pub uncommitted: bool,
    /// `path: why` for everything that was left out and is not merely ignored.
    pub left_out: Vec<String>,
    /// For people: the folder's, archive's or repository's name.
    pub name: String,
}

/// Commit and branch of a tree.
#[derive(Default)]
pub(crate) struct Origin {
    pub commit: Option<String>,
    pub branch: Option<String>,
    pub uncommitted: bool,
}

/// Takes a snapshot. The source is only read; temporary files lie in `work` and are gone when this
/// ends, however it ends. Dropping the future ends git with all of its helpers.
///
/// # Errors
/// See [`CodehostError`]; each says what to do.
pub async fn snapshot(source: &Source, reference: Option<&str>, limits: Limits, work: &Path) -> Result<Snapshot, CodehostError> {
    let reference = reference.filter(|reference| !reference.is_empty());
    let (tree, origin) = match source {
        Source::Git(url) => clone::tree(url, reference, limits, work).await?,
        Source::Folder(path) => folder::tree(path, reference, limits, work).await?,
        Source::Archive(path) | Source::Tree(path) => {
            if let Some(reference) = reference {
                return Err(CodehostError::UnknownRef {
                    reference: reference.to_owned(),
                    place: format!("the archive {}", path.display()),
                });
            }
            let strip = matches!(source, Source::Archive(_));
            let (path, work) = (path.clone(), work.to_owned());
            let tree = blocking(move || archive::tree(&path, strip, limits, &work)).await?;
            (tree, Origin::default())
        }
    };
    let written = write(tree, work).await?;
    let Written { tar, digest, size, files, bytes, left_out } = written;
    let Origin { commit, branch, uncommitted } = origin;
    Ok(Snapshot { digest, tar, size, files, bytes, commit, branch, uncommitted, left_out, name: name(source) })
}

async fn write(tree: Tree, work: &Path) -> Result<Written, CodehostError> {
    let work = work.to_owned();
    blocking(move || tree.write(&work)).await
}

/// Runs blocking work apart from the reactor.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CodehostError> + Send + 'static,
) -> Result<T, CodehostError> {
    tokio::task::spawn_blocking(work).await.expect("reading a source does not panic and is not aborted")
}

fn name(source: &Source) -> String {
    let last_part = |path: &Path| {
        let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_else(|| "source".into())
    };
    match source {
        Source::Folder(path) => last_part(path),
        Source::Archive(path) | Source::Tree(path) => {
            let name = last_part(path);
            let endings = [".tar.gz", ".tgz", ".tar", ".zip"];
            endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name).to_owned()
        }
        Source::Git(url) => {
            let trimmed = url.trim_end_matches('/').trim_end_matches(".git");
            trimmed.rsplit(['/', ':']).next().unwrap_or("source").to_owned()
        }
    }
}
