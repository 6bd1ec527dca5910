//! Taking sources into the store as snapshots, and enrolling their repositories.

use std::path::{Path, PathBuf};

use tonic::Status;
use whetstone_codehost::{Class, CodehostError, Limits, Source as Place, snapshot};
use whetstone_core::RepositoryId;
use whetstone_proto::repository::v1::{Snapshot, Source, source::From};
use whetstone_runtime::{Artifacts, Failure, FailureClass, Reported};
use whetstone_store::Store;

use crate::{Config, error::RepositoryError, runs};

/// Takes a snapshot of a source, held by `holder`. `work` is a folder for temporary files.
pub async fn open(
    source: &Source,
    config: &Config,
    store: &Store,
    artifacts: &Artifacts,
    work: &Path,
    organisation: &str,
    holder: &str,
) -> Result<Snapshot, Status> {
    tokio::fs::create_dir_all(work).await.map_err(|error| full_or_broken(work, &error))?;
    let uploaded =
        tempfile::Builder::new().prefix("upload-").suffix(".tar").tempfile_in(work).map_err(|error| full_or_broken(work, &error))?;
    let place = match source.from.as_ref().ok_or_else(|| RepositoryError::Incomplete("the request names no source").status())? {
        From::Folder(path) => Place::Folder(PathBuf::from(path)),
        From::Archive(path) => Place::Archive(PathBuf::from(path)),
        From::GitUrl(url) => Place::Git(url.clone()),
        From::Tree(tree) => {
            artifacts.get_to_file(tree, uploaded.path()).await?;
            if tree.is_tree { Place::Tree(uploaded.path().to_owned()) } else { Place::Archive(uploaded.path().to_owned()) }
        }
    };
    let limits = Limits { files: config.source_files, total_bytes: config.source_megabytes << 20, ..Limits::default() };
    let reference = Some(source.r#ref.as_str()).filter(|reference| !reference.is_empty());
    let taken = snapshot(&place, reference, limits, work).await.map_err(|error| refused(&error))?;
    let name = match &source.from {
        Some(From::Tree(tree)) => without_ending(&tree.name),
        _ => taken.name.clone(),
    };
    let tree = artifacts.put_file("tree.tar", taken.tar.path(), true, holder).await?;
    let repository = enroll(store, organisation, &runs::source_text(Some(source)), &name).await.map_err(|error| error.status())?;
    Ok(Snapshot {
        id: taken.digest.to_string(),
        tree: Some(tree),
        commit: taken.commit.unwrap_or_default(),
        branch: taken.branch.unwrap_or_default(),
        files: taken.files,
        bytes: taken.bytes,
        left_out: taken.left_out,
        repository,
        name,
    })
}

fn without_ending(name: &str) -> String {
    let ending = [".tar.gz", ".tgz", ".tar", ".zip"].into_iter().find_map(|ending| name.strip_suffix(ending));
    ending.unwrap_or(name).to_owned()
}

/// Finds a repository by where it comes from, or enrolls it.
async fn enroll(store: &Store, organisation: &str, source: &str, name: &str) -> Result<String, RepositoryError> {
    let mut transaction = store.write().await?;
    let insert =
        "INSERT INTO repository (id, organisation, source, name) VALUES (?, ?, ?, ?) ON CONFLICT (organisation, source) DO NOTHING";
    let fresh = RepositoryId::fresh().to_string();
    sqlx::query(insert).bind(fresh).bind(organisation).bind(source).bind(name).execute(&mut *transaction).await?;
    let find = "SELECT id FROM repository WHERE organisation = ? AND source = ?";
    let id = sqlx::query_scalar(find).bind(organisation).bind(source).fetch_one(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(id)
}

fn refused(error: &CodehostError) -> Status {
    let class = match error.class() {
        Class::RefusedInput => FailureClass::RefusedInput,
        Class::Environment => FailureClass::Environment,
        Class::Internal => FailureClass::Internal,
    };
    Failure::new(class, error.reason(), error.to_string()).advice(error.advice()).into()
}

/// A folder of ours that can't be written: no space, or no permission.
pub fn full_or_broken(path: &Path, error: &std::io::Error) -> Status {
    let reason = if error.kind() == std::io::ErrorKind::StorageFull { "NO_SPACE" } else { "DATA_FOLDER" };
    let failure = Failure::environment(reason, format!("{} can't be written: {error}", path.display()));
    failure.advice("Free some space, or choose another data folder with --data-dir.").into()
}
