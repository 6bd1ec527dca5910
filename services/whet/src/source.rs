//! What a SOURCE on the command line is, and how it reaches the system that looks at it.

use std::path::{Path, PathBuf};

use whetstone_codehost as codehost;
use whetstone_proto::repository::v1::{Source, source::From};
use whetstone_runtime::Failure;

use crate::{problem, session::Session};

/// A source as it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Folder(PathBuf),
    Archive(PathBuf),
    Git(String),
}

impl Named {
    /// Tells what a text names.
    ///
    /// # Errors
    /// If there is nothing of that name.
    pub fn read(text: &str) -> Result<Self, Failure> {
        let path = Path::new(text);
        let missing = || problem::of_source(&codehost::CodehostError::SourceMissing(text.to_owned()));
        if !path.exists() {
            return if is_git_url(text) { Ok(Self::Git(text.to_owned())) } else { Err(missing()) };
        }
        let path = path.canonicalize().map_err(|error| problem::of_file(path, "read", &error))?;
        if path.is_file() {
            return Ok(Self::Archive(path));
        }
        let is_bare = path.join("HEAD").is_file() && path.join("objects").is_dir() && !path.join(".git").exists();
        Ok(if is_bare { Self::Git(format!("file://{}", path.display())) } else { Self::Folder(path) })
    }

    /// The folder, if it is one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(path) => Some(path),
            Self::Archive(_) | Self::Git(_) => None,
        }
    }

    /// The source as a run takes it: by path on this machine, as an uploaded tree elsewhere.
    pub async fn open(&self, session: &mut Session, reference: &str) -> Result<Source, Failure> {
        let text = |path: &Path| {
            let text = path.to_str().map(str::to_owned);
            text.ok_or_else(|| {
                Failure::refused("PATH_NOT_UTF8", format!("the path {} is not UTF-8", path.display()))
                    .advice("Rename it, or make an archive of it.")
            })
        };
        let from = match self {
            Self::Git(url) => From::GitUrl(url.clone()),
            Self::Folder(path) if session.is_local() => From::Folder(text(path)?),
            Self::Archive(path) if session.is_local() => From::Archive(text(path)?),
            Self::Folder(_) | Self::Archive(_) => {
                let tree = self.send(session, reference).await?;
                return Ok(Source { from: Some(From::Tree(tree)), r#ref: String::new() });
            }
        };
        Ok(Source { from: Some(from), r#ref: reference.to_owned() })
    }

    async fn send(&self, session: &mut Session, reference: &str) -> Result<whetstone_proto::common::v1::Artifact, Failure> {
        let source = match self {
            Self::Folder(path) => codehost::Source::Folder(path.clone()),
            Self::Archive(path) => codehost::Source::Archive(path.clone()),
            Self::Git(url) => codehost::Source::Git(url.clone()),
        };
        let work = std::env::temp_dir();
        let taken = codehost::snapshot(&source, Some(reference), codehost::Limits::default(), &work).await;
        let taken = taken.map_err(|error| problem::of_source(&error))?;
        session.upload("tree", &taken.name, taken.tar.path()).await
    }
}

/// Whether a text is a git URL: `scheme://…`, or `user@host:path` as ssh has it.
fn is_git_url(text: &str) -> bool {
    let schemes = ["https://", "http://", "ssh://", "git://", "file://", "git+https://", "git+ssh://"];
    let is_scp_like = text.split_once(':').is_some_and(|(host, path)| host.contains('@') && !host.contains('/') && !path.is_empty());
    schemes.iter().any(|scheme| text.starts_with(scheme)) || is_scp_like
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_urls_folders_and_archives_apart() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().canonicalize().expect("it exists");
        std::fs::write(root.join("a.tar.gz"), "x").expect("writable");
        let read = |text: &str| Named::read(text);
        assert_eq!(read(root.to_str().expect("UTF-8")), Ok(Named::Folder(root.clone())));
        assert_eq!(read(root.join("a.tar.gz").to_str().expect("UTF-8")), Ok(Named::Archive(root.join("a.tar.gz"))));
        for url in ["https://example.org/a", "git@example.org:a/b.git", "ssh://git@example.org/a"] {
            assert_eq!(read(url), Ok(Named::Git(url.into())));
        }
        let missing = read("nowhere/at/all").expect_err("nothing is there");
        assert_eq!(missing.reason, "SOURCE_MISSING");
    }
}
