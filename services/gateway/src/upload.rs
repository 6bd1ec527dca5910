//! Sources and bundles that clients send. A source is read as an archive from a stranger and kept as
//! a canonical tree: whatever else it tried to say is gone before anything unpacks it.

use std::path::Path;

use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;
use tonic::{Status, Streaming};
use whetstone_codehost::{Limits, Source, snapshot};
use whetstone_proto::{common::v1::Artifact, gateway::v1::UploadSourceRequest};
use whetstone_runtime::{Peers, Reported};

use crate::{config::Config, error::GatewayError};

/// What a client sent, stored.
pub(crate) struct Upload {
    /// `tree` or `bundle`: what a run may use it as.
    pub kind: &'static str,
    pub name: String,
    pub artifact: Artifact,
}

/// Receives an upload and stores it.
pub(crate) async fn receive(
    config: &Config,
    peers: &Peers,
    folder: &Path,
    mut messages: Streaming<UploadSourceRequest>,
) -> Result<Upload, Status> {
    let first = messages.message().await?.unwrap_or_default();
    let name = plain_name(&first.name).map_err(|error| error.status())?;
    let (kind, sent) = match first.kind.as_str() {
        "tree" => ("tree", Sent::Tree),
        "archive" => ("tree", Sent::Archive),
        "bundle" => ("bundle", Sent::Bundle),
        other => {
            let problem = format!("`{other}` is not a kind of upload: tree, archive or bundle is expected");
            return Err(GatewayError::Invalid { field: "kind", problem }.status());
        }
    };
    let file = spool(config, folder, first.chunk, messages).await?;
    let artifacts = peers.artifacts();
    let artifact = match sent {
        Sent::Bundle => artifacts.put_file(&name, file.path(), false, "uploads").await?,
        Sent::Tree | Sent::Archive => {
            let path = file.path().to_owned();
            let source = if matches!(sent, Sent::Tree) { Source::Tree(path) } else { Source::Archive(path) };
            let taken = snapshot(&source, None, Limits::default(), folder).await.map_err(|error| GatewayError::from(error).status())?;
            artifacts.put_file(&name, taken.tar.path(), true, "uploads").await?
        }
    };
    Ok(Upload { kind, name, artifact })
}

enum Sent {
    Tree,
    Archive,
    Bundle,
}

async fn spool(
    config: &Config,
    folder: &Path,
    first: Vec<u8>,
    mut messages: Streaming<UploadSourceRequest>,
) -> Result<NamedTempFile, Status> {
    let io = |error| GatewayError::Io(error).status();
    let spooled = NamedTempFile::new_in(folder).map_err(io)?;
    let mut file = tokio::fs::File::from_std(spooled.reopen().map_err(io)?);
    let mut left = config.upload_limit_mb << 20;
    let mut chunk = first;
    loop {
        left = left.checked_sub(chunk.len() as u64).ok_or_else(|| GatewayError::UploadTooLarge(config.upload_limit_mb).status())?;
        file.write_all(&chunk).await.map_err(io)?;
        match messages.message().await? {
            Some(message) => chunk = message.chunk,
            None => break,
        }
    }
    file.flush().await.map_err(io)?;
    Ok(spooled)
}

/// A name for people: no path, nothing that a terminal would obey.
fn plain_name(name: &str) -> Result<String, GatewayError> {
    let fits = !name.is_empty() && name.len() <= 200 && !name.contains('/') && !name.chars().any(char::is_control);
    let problem = "a name of at most 200 characters without slashes is expected".to_owned();
    if fits { Ok(name.to_owned()) } else { Err(GatewayError::Invalid { field: "name", problem }) }
}
