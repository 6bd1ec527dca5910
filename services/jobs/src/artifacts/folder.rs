//! The content-addressed folder. A blob appears whole or not at all, and is never changed.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Write},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Mutex,
};

use sha2::{Digest as _, Sha256};
use tempfile::{NamedTempFile, TempDir};
use whetstone_core::Digest;

use super::unpack;

/// Blobs under `blobs/`, unpacked trees under `trees/`, what is being written under `incoming/`.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// One tree is unpacked at a time: a second asker finds it done.
    unpacking: Mutex<()>,
}

/// A blob that is being received.
pub struct Incoming {
    file: NamedTempFile,
    hasher: Sha256,
    size: u64,
}

impl Folder {
    /// Opens the store at `root`, and removes what a killed process left half written.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn open(root: PathBuf) -> io::Result<Self> {
        let incoming = root.join("incoming");
        if incoming.exists() {
            fs::remove_dir_all(&incoming)?;
        }
        for folder in ["blobs", "trees", "incoming"] {
            fs::create_dir_all(root.join(folder))?;
        }
        Ok(Self { root, unpacking: Mutex::new(()) })
    }

    /// Starts to receive a blob.
    ///
    /// # Errors
    /// If no file can be made.
    pub fn receive(&self) -> io::Result<Incoming> {
        let file = NamedTempFile::new_in(self.root.join("incoming"))?;
        // A job reads it under a user id of its own; who may reach the folder is the folder's matter.
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        Ok(Incoming { file, hasher: Sha256::new(), size: 0 })
    }

    /// Completes a blob under its digest. One that is there already stays.
    ///
    /// # Errors
    /// If it cannot be written through or renamed.
    pub fn keep(&self, incoming: Incoming) -> io::Result<(Digest, u64)> {
        let Incoming { file, hasher, size } = incoming;
        let digest: Digest = hex::encode(hasher.finalize()).parse().map_err(io::Error::other)?;
        let path = self.blob(&digest);
        if path.exists() {
            return Ok((digest, size));
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok((digest, size))
    }

    /// Stores what `reader` yields.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub fn store(&self, mut reader: impl Read) -> io::Result<(Digest, u64)> {
        let mut incoming = self.receive()?;
        let mut buffer = vec![0u8; 256 << 10];
        loop {
            match reader.read(&mut buffer)? {
                0 => return self.keep(incoming),
                read => incoming.append(&buffer[..read])?,
            }
        }
    }

    /// Where a blob lies; `None` if it is not there.
    pub fn find(&self, digest: &Digest) -> Option<PathBuf> {
        Some(self.blob(digest)).filter(|path| path.is_file())
    }

    /// Unpacks a tree, unless that was done before, and tells where it lies. It is shared by every
    /// job that reads it.
    ///
    /// # Errors
    /// `NotFound` if the blob is not there, `InvalidData` if it is not what it says or no safe tree.
    pub fn tree(&self, digest: &Digest) -> io::Result<PathBuf> {
        let unpacked = self.root.join("trees").join(digest.as_str());
        let _alone = self.unpacking.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if unpacked.is_dir() {
            return Ok(unpacked);
        }
        let blob = self.find(digest).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the tree is not in the store"))?;
        if Digest::of_reader(File::open(&blob)?)? != *digest {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the stored tree was changed on disk"));
        }
        let made = TempDir::new_in(self.root.join("incoming"))?;
        unpack(BufReader::new(File::open(&blob)?), made.path())?;
        let made = made.keep();
        open_to_read(&made)?;
        fs::rename(&made, &unpacked)?;
        Ok(unpacked)
    }

    /// Removes a blob and its unpacked tree; tells the bytes of the blob.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn remove(&self, digest: &Digest) -> io::Result<u64> {
        let tree = self.root.join("trees").join(digest.as_str());
        if tree.is_dir() {
            // Out of sight first: a tree is there whole or not at all.
            let aside = TempDir::new_in(self.root.join("incoming"))?;
            fs::rename(&tree, aside.path().join("tree"))?;
        }
        let Some(blob) = self.find(digest) else { return Ok(0) };
        let size = blob.metadata()?.len();
        fs::remove_file(blob)?;
        Ok(size)
    }

    fn blob(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs").join(&digest.as_str()[..2]).join(digest.as_str())
    }
}

/// A temporary folder is its owner's alone; a job's user must read a tree.
fn open_to_read(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

impl Incoming {
    /// Adds bytes.
    ///
    /// # Errors
    /// If the disk is full.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (TempDir, Folder) {
        let root = TempDir::new().expect("a temporary folder");
        let folder = Folder::open(root.path().join("store")).expect("writable");
        (root, folder)
    }

    fn tar_of(name: &str, content: &[u8]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, content).expect("a vector");
        archive.into_inner().expect("a vector")
    }

    #[test]
    fn a_blob_is_found_by_its_digest_and_stored_once() {
        let (_root, folder) = store();
        let (digest, size) = folder.store(&b"hello"[..]).expect("writable");
        assert_eq!((digest.clone(), size), (Digest::of(b"hello"), 5));
        assert_eq!(folder.store(&b"hello"[..]).expect("writable").0, digest);
        assert_eq!(fs::read(folder.find(&digest).expect("stored")).expect("readable"), b"hello");
        assert_eq!(folder.remove(&digest).expect("writable"), 5);
        assert!(folder.find(&digest).is_none());
    }

    #[test]
    fn a_tree_is_unpacked_once_and_a_changed_blob_is_refused() {
        let (_root, folder) = store();
        let (digest, _) = folder.store(tar_of("pkg/a.py", b"a = 1").as_slice()).expect("writable");
        let tree = folder.tree(&digest).expect("a tree");
        assert_eq!(fs::read(tree.join("pkg/a.py")).expect("unpacked"), b"a = 1");
        assert_eq!(folder.tree(&digest).expect("there"), tree);
        folder.remove(&digest).expect("writable");
        assert!(!tree.exists());
        let (digest, _) = folder.store(tar_of("pkg/b.py", b"b = 1").as_slice()).expect("writable");
        let blob = folder.find(&digest).expect("stored");
        fs::write(&blob, tar_of("pkg/b.py", b"b = 2")).expect("writable");
        assert_eq!(folder.tree(&digest).expect_err("changed").kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_at_the_next_start() {
        let (root, folder) = store();
        let mut incoming = folder.receive().expect("writable");
        incoming.append(b"half").expect("writable");
        let (_, left) = incoming.file.keep().expect("a file");
        drop(folder);
        Folder::open(root.path().join("store")).expect("writable");
        assert!(!left.exists());
    }
}
