//! A client of the artifact store, which the jobs role keeps.

use std::{io, path::Path};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::{Status, transport::Channel};
use whetstone_proto::{
    common::v1::Artifact,
    jobs::v1::{
        GetArtifactRequest, HoldArtifactsRequest, PutArtifactRequest, ReleaseArtifactsRequest, jobs_service_client::JobsServiceClient,
    },
};

const CHUNK: usize = 1 << 20;

/// Puts and gets blobs. A holder, such as `run/<id>`, keeps a blob from garbage collection.
#[derive(Clone, Debug)]
pub struct Artifacts {
    jobs: JobsServiceClient<Channel>,
}

impl Artifacts {
    pub(crate) fn new(jobs: JobsServiceClient<Channel>) -> Self {
        Self { jobs }
    }

    /// Stores bytes as a file.
    pub async fn put_bytes(&self, name: &str, bytes: impl Into<Bytes>, holder: &str) -> Result<Artifact, Status> {
        self.put(first(name, false, holder), chunks(bytes.into())).await
    }

    /// Stores a tar as a tree.
    pub async fn put_tree(&self, name: &str, tar: impl Into<Bytes>, holder: &str) -> Result<Artifact, Status> {
        self.put(first(name, true, holder), chunks(tar.into())).await
    }

    /// Stores a file of this machine, without reading it into memory whole.
    pub async fn put_file(&self, name: &str, path: &Path, is_tree: bool, holder: &str) -> Result<Artifact, Status> {
        let file = tokio::fs::File::open(path).await.map_err(|error| unreadable(path, &error))?;
        let path = path.to_owned();
        // A file that breaks off while it is read must not be stored cut: the first error ends the upload, and is returned.
        let broken = std::sync::Arc::new(std::sync::Mutex::new(None));
        let seen = broken.clone();
        let rest = stream::unfold(file, move |mut file| {
            let (seen, path) = (seen.clone(), path.clone());
            async move {
                let mut buffer = vec![0u8; CHUNK];
                match file.read(&mut buffer).await {
                    Ok(0) => None,
                    Ok(read) => {
                        buffer.truncate(read);
                        Some((buffer, file))
                    }
                    Err(error) => {
                        *seen.lock().expect("no holder panics") = Some(unreadable(&path, &error));
                        None
                    }
                }
            }
        });
        let stored = self.put(first(name, is_tree, holder), rest).await;
        let error = broken.lock().expect("no holder panics").take();
        error.map_or(stored, Err)
    }

    async fn put(&self, first: PutArtifactRequest, rest: impl Stream<Item = Vec<u8>> + Send + 'static) -> Result<Artifact, Status> {
        let rest = rest.map(|chunk| PutArtifactRequest { chunk, ..Default::default() });
        let messages = stream::once(async move { first }).chain(rest);
        let response = self.jobs.clone().put_artifact(messages).await?.into_inner();
        response.artifact.ok_or_else(|| Status::internal("the jobs role stored an artifact without naming it"))
    }

    /// Reads an artifact whole.
    pub async fn get_bytes(&self, artifact: &Artifact) -> Result<Bytes, Status> {
        let mut chunks = self.get(&artifact.digest).await?;
        let mut bytes = Vec::with_capacity(usize::try_from(artifact.size).unwrap_or(0).min(256 << 20));
        while let Some(message) = chunks.message().await? {
            bytes.extend_from_slice(&message.chunk);
        }
        Ok(bytes.into())
    }

    /// Reads an artifact as JSON.
    pub async fn get_json<T: DeserializeOwned>(&self, artifact: &Artifact) -> Result<T, Status> {
        let bytes = self.get_bytes(artifact).await?;
        let unexpected = |error| Status::internal(format!("the artifact {} is not the expected JSON: {error}", artifact.name));
        serde_json::from_slice(&bytes).map_err(unexpected)
    }

    /// Writes an artifact to a file of this machine.
    pub async fn get_to_file(&self, artifact: &Artifact, path: &Path) -> Result<(), Status> {
        let unwritable = |error: io::Error| Status::internal(format!("{} can't be written: {error}", path.display()));
        let mut chunks = self.get(&artifact.digest).await?;
        let mut file = tokio::fs::File::create(path).await.map_err(unwritable)?;
        while let Some(message) = chunks.message().await? {
            file.write_all(&message.chunk).await.map_err(unwritable)?;
        }
        file.flush().await.map_err(unwritable)
    }

    async fn get(&self, digest: &str) -> Result<tonic::Streaming<whetstone_proto::jobs::v1::GetArtifactResponse>, Status> {
        let request = GetArtifactRequest { digest: digest.to_owned() };
        Ok(self.jobs.clone().get_artifact(request).await?.into_inner())
    }

    /// Registers a holder of artifacts, so that they are kept.
    pub async fn hold(&self, holder: &str, digests: impl IntoIterator<Item = String>) -> Result<(), Status> {
        let request = HoldArtifactsRequest { holder: holder.to_owned(), digests: digests.into_iter().collect() };
        self.jobs.clone().hold_artifacts(request).await.map(drop)
    }

    /// Releases everything that a holder holds.
    pub async fn release(&self, holder: &str) -> Result<(), Status> {
        self.jobs.clone().release_artifacts(ReleaseArtifactsRequest { holder: holder.to_owned() }).await.map(drop)
    }
}

fn first(name: &str, is_tree: bool, holder: &str) -> PutArtifactRequest {
    PutArtifactRequest { name: name.to_owned(), is_tree, holder: holder.to_owned(), chunk: Vec::new() }
}

fn chunks(bytes: Bytes) -> impl Stream<Item = Vec<u8>> + Send + 'static {
    stream::unfold(bytes, |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        let chunk = rest.split_to(rest.len().min(CHUNK)).to_vec();
        Some((chunk, rest))
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Status {
    Status::internal(format!("{} can't be read: {error}", path.display()))
}
