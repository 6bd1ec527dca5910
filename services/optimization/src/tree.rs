//! Reading a snapshot's files from its archive, as text and never as code.

use std::{collections::BTreeMap, io::Read};

use whetstone_proto::common::v1::Artifact;
use whetstone_runtime::Artifacts;

use crate::Error;

const LARGEST_SOURCE: u64 = 8 << 20;

/// The source files of a snapshot, by path relative to the tree.
pub struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads every UTF-8 file of `artifact` whose name ends with one of `endings`.
    pub async fn read(artifacts: &Artifacts, artifact: &Artifact, endings: &[&str]) -> Result<Self, Error> {
        let bytes = artifacts.get_bytes(artifact).await?;
        let unreadable = |error: std::io::Error| Error::Internal(format!("the snapshot's archive can't be read: {error}"));
        let mut files = BTreeMap::new();
        for entry in tar::Archive::new(bytes.as_ref()).entries().map_err(unreadable)? {
            let mut entry = entry.map_err(unreadable)?;
            let path = entry.path().map_err(unreadable)?.to_string_lossy().trim_start_matches("./").to_owned();
            let wanted = entry.header().entry_type().is_file() && endings.iter().any(|ending| path.ends_with(ending));
            if !wanted || entry.size() > LARGEST_SOURCE {
                continue;
            }
            let mut text = String::new();
            if entry.read_to_string(&mut text).is_ok() {
                files.insert(path, text);
            }
        }
        Ok(Self { files })
    }

    /// The text of one file.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Every file.
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }
}
