//! A run's files: fetched, checked, and put where a person finds them.

use std::path::{Component, Path, PathBuf};

use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;
use whetstone_core::{Digest, document::Document};
use whetstone_proto::{common::v1::Artifact, gateway::v1::DownloadArtifactRequest, repository::v1::Run};
use whetstone_runtime::Failure;

use crate::{problem, session::Session};

/// The report for programs.
pub const REPORT: &str = "report.json";
/// All accepted edits as one diff.
pub const PATCH: &str = "changes.patch";
/// The evidence bundle.
pub const EVIDENCE: &str = "evidence.whet";

/// A run's files on this machine.
pub struct Outputs {
    files: Vec<(Artifact, PathBuf)>,
}

impl Outputs {
    /// Fetches every file of a run into a folder; those that are there already are kept.
    ///
    /// # Errors
    /// If one can't be fetched or written, or is not what its digest says.
    pub async fn fetch(session: &mut Session, run: &Run, folder: &Path) -> Result<Self, Failure> {
        tokio::fs::create_dir_all(folder).await.map_err(|error| problem::of_file(folder, "made", &error))?;
        let mut files = Vec::new();
        for artifact in &run.outputs {
            let Some(path) = inside(folder, &artifact.name) else { continue };
            if !is_there(&path, &artifact.digest) {
                download(session, &run.id, artifact, &path).await?;
            }
            files.push((artifact.clone(), path));
        }
        Ok(Self { files })
    }

    /// Where a file lies, if the run has it.
    pub fn path(&self, name: &str) -> Option<&Path> {
        self.files.iter().find(|(artifact, _)| artifact.name == name).map(|(_, path)| path.as_path())
    }

    /// The document for programs, with the places of the files on this machine.
    ///
    /// # Errors
    /// If it is missing or not of the published form.
    pub fn document(&self) -> Result<Document, Failure> {
        let path = self.path(REPORT).ok_or_else(|| Failure::internal("the run has left no report"))?;
        let bytes = std::fs::read(path).map_err(|error| problem::of_file(path, "read", &error))?;
        let unexpected = |error| Failure::internal(format!("{} is not of the published form: {error}", path.display()));
        let mut document: Document = serde_json::from_slice(&bytes).map_err(unexpected)?;
        for listed in &mut document.artifacts {
            listed.path = self.path(&listed.name).map(|path| path.display().to_string());
        }
        Ok(document)
    }
}

/// Where a run's files are put.
pub fn folder(session: &Session, run: &str) -> PathBuf {
    session.data().join("runs").join(run)
}

/// A place inside a folder; nothing for a name that leads elsewhere.
fn inside(folder: &Path, name: &str) -> Option<PathBuf> {
    let relative = Path::new(name);
    let is_plain = !name.is_empty() && relative.components().all(|part| matches!(part, Component::Normal(_)));
    is_plain.then(|| folder.join(relative))
}

fn is_there(path: &Path, digest: &str) -> bool {
    std::fs::File::open(path).and_then(Digest::of_reader).is_ok_and(|found| found.as_str() == digest)
}

/// Fetches one artifact of a run to a path: whole and right, or not at all.
pub async fn download(session: &mut Session, run: &str, artifact: &Artifact, path: &Path) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| problem::of_file(path, "written", &error);
    let parent = path.parent().unwrap_or(Path::new("."));
    tokio::fs::create_dir_all(parent).await.map_err(unwritable)?;
    let partial = NamedTempFile::new_in(parent).map_err(unwritable)?;
    let mut file = tokio::fs::File::from_std(partial.reopen().map_err(unwritable)?);
    let request = DownloadArtifactRequest { run: run.to_owned(), digest: artifact.digest.clone() };
    let mut chunks = session.gateway.download_artifact(request).await?.into_inner();
    while let Some(message) = chunks.message().await? {
        file.write_all(&message.chunk).await.map_err(unwritable)?;
    }
    file.flush().await.map_err(unwritable)?;
    if !is_there(partial.path(), &artifact.digest) {
        return Err(Failure::internal(format!("{} arrived other than it was sent", artifact.name)));
    }
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    partial.as_file().set_permissions(readable).map_err(unwritable)?;
    partial.persist(path).map_err(|error| unwritable(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leads_out_of_the_folder() {
        let folder = Path::new("/runs/r");
        assert_eq!(inside(folder, "tests/test_a.py"), Some("/runs/r/tests/test_a.py".into()));
        assert!(["../x", "/etc/x", "", "a/../../x"].iter().all(|name| inside(folder, name).is_none()));
    }
}
