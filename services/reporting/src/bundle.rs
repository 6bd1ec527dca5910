//! The evidence bundle: one gzipped tar that holds all that is needed to run everything again.
//!
//! `MANIFEST.json` names every other file with its SHA-256 and comes last; its own `digest` is over the
//! sorted lines `<sha256>  <name>\n`. `evidence.pb` is the encoded
//! `whetstone.reporting.v1.BuildReportRequest`; `tree.tar` the snapshot; `cases/` the cases; `samples/`
//! the timed blocks; `report.json` and `changes.patch` are for people.

use std::{collections::BTreeMap, io::Read};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use whetstone_core::Digest;

use crate::Error;

const FORMAT: u32 = 1;
const MANIFEST: &str = "MANIFEST.json";
const MOST_FILES: usize = 100_000;

/// Files of a bundle by name.
pub type Files = BTreeMap<String, Vec<u8>>;

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    run: String,
    made_by: String,
    files: BTreeMap<String, Digest>,
    digest: Digest,
}

/// Writes a bundle; equal files give equal bytes.
pub fn write(run: &str, files: &Files) -> Result<Vec<u8>, Error> {
    let digests: BTreeMap<String, Digest> = files.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect();
    let manifest = Manifest {
        format: FORMAT,
        run: run.to_owned(),
        made_by: format!("whet {}", env!("CARGO_PKG_VERSION")),
        digest: total(&digests),
        files: digests,
    };
    let manifest = serde_json::to_vec_pretty(&manifest).map_err(|error| Error::Internal(error.to_string()))?;
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (name, bytes) in files.iter().chain([(&MANIFEST.to_owned(), &manifest)]) {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, bytes.as_slice())?;
    }
    Ok(archive.into_inner()?.finish()?)
}

/// Reads a bundle and checks every digest.
///
/// # Errors
/// [`Error::NotABundle`] or [`Error::Altered`], naming the first file that is wrong.
pub fn read(bytes: &[u8], largest: u64) -> Result<Files, Error> {
    let unreadable = |error: std::io::Error| Error::NotABundle(error.to_string());
    let mut files = Files::new();
    let mut left = largest;
    for entry in tar::Archive::new(GzDecoder::new(bytes)).entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let name = entry.path().map_err(unreadable)?.to_string_lossy().into_owned();
        let mut content = Vec::new();
        entry.by_ref().take(left + 1).read_to_end(&mut content).map_err(unreadable)?;
        left =
            left.checked_sub(content.len() as u64).ok_or_else(|| Error::NotABundle(format!("it unpacks to more than {largest} bytes")))?;
        if files.insert(name.clone(), content).is_some() || files.len() > MOST_FILES {
            return Err(Error::Altered(format!("{name} stands in it twice, or too many files do")));
        }
    }
    let manifest = files.remove(MANIFEST).ok_or_else(|| Error::NotABundle(format!("{MANIFEST} is missing")))?;
    let manifest: Manifest = serde_json::from_slice(&manifest).map_err(|error| Error::NotABundle(error.to_string()))?;
    if manifest.format != FORMAT {
        return Err(Error::NotABundle(format!("its format is {}, and this version reads format {FORMAT}", manifest.format)));
    }
    check(&manifest, &files)?;
    Ok(files)
}

fn check(manifest: &Manifest, files: &Files) -> Result<(), Error> {
    if total(&manifest.files) != manifest.digest {
        return Err(Error::Altered("the digest over all files is wrong".into()));
    }
    for (name, digest) in &manifest.files {
        match files.get(name) {
            Some(bytes) if Digest::of(bytes) == *digest => {}
            Some(_) => return Err(Error::Altered(format!("{name} is not what was written"))),
            None => return Err(Error::Altered(format!("{name} is missing"))),
        }
    }
    match files.keys().find(|name| !manifest.files.contains_key(*name)) {
        Some(name) => Err(Error::Altered(format!("{name} was added"))),
        None => Ok(()),
    }
}

fn total(digests: &BTreeMap<String, Digest>) -> Digest {
    let lines: String = digests.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect();
    Digest::of(lines.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        Files::from([("a".to_owned(), b"one".to_vec()), ("cases/b".to_owned(), vec![0; 5000])])
    }

    #[test]
    fn a_bundle_reads_back_and_is_the_same_each_time() {
        let bytes = write("run", &files()).expect("written");
        assert_eq!(bytes, write("run", &files()).expect("written"));
        assert_eq!(read(&bytes, 1 << 20).expect("whole"), files());
    }

    #[test]
    fn what_is_altered_added_or_too_large_is_refused() {
        let manifest_of = |files: &Files| {
            let digests: BTreeMap<String, Digest> = files.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect();
            Manifest { format: FORMAT, run: String::new(), made_by: String::new(), digest: total(&digests), files: digests }
        };
        let manifest = manifest_of(&files());
        let mut altered = files();
        altered.insert("a".into(), b"two".to_vec());
        assert!(check(&manifest, &altered).is_err_and(|error| error.to_string().contains("a is not what was written")));
        let mut more = files();
        more.insert("c".into(), Vec::new());
        assert!(check(&manifest, &more).is_err());
        assert!(check(&manifest, &files()).is_ok());
        let bytes = write("run", &files()).expect("written");
        assert!(read(&bytes, 100).is_err() && read(b"not gzip", 100).is_err() && read(&bytes[..bytes.len() / 2], 1 << 20).is_err());
    }
}
