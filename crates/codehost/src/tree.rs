//! A tree on its way into a snapshot: bounded, sorted, and written as one canonical tar.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{FileExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use whetstone_core::Digest;

use crate::{CodehostError, links};

/// What a source may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// More files are refused.
    pub files: usize,
    /// A larger file is left out, and said.
    pub file_bytes: u64,
    /// A larger sum is refused.
    pub total_bytes: u64,
}

impl Default for Limits {
    /// 100,000 files, 64 MiB a file, 2 GiB together.
    fn default() -> Self {
        Self { files: 100_000, file_bytes: 64 << 20, total_bytes: 2 << 30 }
    }
}

/// Where a file's bytes are.
pub(crate) enum Content {
    Disk(PathBuf),
    Spooled { offset: u64, length: u64 },
}

pub(crate) enum Entry {
    File { content: Content, executable: bool },
    Link { to: Vec<u8> },
}

/// Entries by path (bytes, `/`-separated, relative).
pub(crate) struct Tree {
    pub entries: BTreeMap<Vec<u8>, Entry>,
    pub left_out: Vec<String>,
    limits: Limits,
    bytes: u64,
    spool: File,
    spooled: u64,
}

/// A written canonical tar.
pub(crate) struct Written {
    pub tar: NamedTempFile,
    pub digest: Digest,
    pub size: u64,
    pub files: u32,
    pub bytes: u64,
    pub left_out: Vec<String>,
}

impl Tree {
    /// Starts an empty tree whose spooled contents lie in an unnamed file in `work`.
    pub(crate) fn new(limits: Limits, work: &Path) -> Result<Self, CodehostError> {
        let spool = tempfile::tempfile_in(work).map_err(|error| CodehostError::io(work, "written", error))?;
        Ok(Self { entries: BTreeMap::new(), left_out: Vec::new(), limits, bytes: 0, spool, spooled: 0 })
    }

    /// Leaves a path out and says why.
    pub(crate) fn leave_out(&mut self, path: &[u8], why: &str) {
        self.left_out.push(format!("{}: {why}", String::from_utf8_lossy(path)));
    }

    /// Adds a symbolic link; where it leads is judged when the tree is complete.
    pub(crate) fn link(&mut self, path: Vec<u8>, to: Vec<u8>) -> Result<(), CodehostError> {
        self.insert(path, Entry::Link { to })
    }

    /// Adds a file that stays where it is on disk until the tar is written.
    pub(crate) fn disk_file(&mut self, path: Vec<u8>, at: PathBuf, size: u64, executable: bool) -> Result<(), CodehostError> {
        if self.admits(&path, size)? {
            self.insert(path, Entry::File { content: Content::Disk(at), executable })?;
        }
        Ok(())
    }

    /// Adds a file whose bytes come from a reader; no more than the limits allow is ever read.
    pub(crate) fn spooled_file(&mut self, path: Vec<u8>, reader: impl Read, executable: bool) -> Result<(), CodehostError> {
        let most = self.limits.file_bytes;
        let unwritable = |error| CodehostError::io(OsStr::from_bytes(&path), "copied", error);
        self.spool.seek(SeekFrom::Start(self.spooled)).map_err(unwritable)?;
        let length = io::copy(&mut reader.take(most + 1), &mut self.spool).map_err(unwritable)?;
        if self.admits(&path, length)? {
            let content = Content::Spooled { offset: self.spooled, length };
            self.spooled += length;
            self.insert(path, Entry::File { content, executable })?;
        }
        Ok(())
    }

    /// Adds another name for a file that was spooled before; false if there is none.
    pub(crate) fn hard_link(&mut self, path: Vec<u8>, to: &[u8]) -> Result<bool, CodehostError> {
        let Some(Entry::File { content: Content::Spooled { offset, length }, executable }) = self.entries.get(to) else {
            return Ok(false);
        };
        let (offset, length, executable) = (*offset, *length, *executable);
        if self.admits(&path, length)? {
            self.insert(path, Entry::File { content: Content::Spooled { offset, length }, executable })?;
        }
        Ok(true)
    }

    fn admits(&mut self, path: &[u8], size: u64) -> Result<bool, CodehostError> {
        if size > self.limits.file_bytes {
            self.leave_out(path, &format!("larger than {} MB", self.limits.file_bytes >> 20));
            return Ok(false);
        }
        self.bytes += size;
        if self.bytes > self.limits.total_bytes {
            return Err(CodehostError::TooLarge { limit_mb: self.limits.total_bytes >> 20 });
        }
        Ok(true)
    }

    fn insert(&mut self, path: Vec<u8>, entry: Entry) -> Result<(), CodehostError> {
        self.entries.insert(path, entry);
        if self.entries.len() > self.limits.files {
            return Err(CodehostError::TooManyFiles { limit: self.limits.files });
        }
        Ok(())
    }

    /// Removes the single top folder that everything lies in, as archives have it.
    pub(crate) fn strip_single_top(&mut self) {
        let top_of = |path: &Vec<u8>| path.iter().position(|byte| *byte == b'/').map(|at| path[..=at].to_vec());
        let Some(top) = self.entries.keys().next().and_then(top_of) else { return };
        if self.entries.keys().all(|path| path.starts_with(&top)) {
            let entries = std::mem::take(&mut self.entries);
            self.entries = entries.into_iter().map(|(path, entry)| (path[top.len()..].to_vec(), entry)).collect();
        }
    }

    /// Writes the canonical tar into `work`: sorted by bytes, times 0, owner 0, mode 644 or 755.
    pub(crate) fn write(mut self, work: &Path) -> Result<Written, CodehostError> {
        links::leave_out_unsafe(&mut self);
        let unwritable = |error| CodehostError::io(work, "written", error);
        let tar = NamedTempFile::new_in(work).map_err(unwritable)?;
        let sink = Hashing { file: tar.as_file(), hasher: Sha256::new(), size: 0 };
        let mut builder = tar::Builder::new(io::BufWriter::with_capacity(1 << 20, sink));
        let (mut files, mut bytes) = (0, 0);
        let entries = std::mem::take(&mut self.entries);
        for (path, entry) in &entries {
            let written = match entry {
                Entry::Link { to } => append_link(&mut builder, path, to).map_err(unwritable)?,
                Entry::File { content, executable } => match self.read(path, content)? {
                    Some(data) => append_file(&mut builder, path, &data, *executable).map_err(unwritable)?,
                    None => continue,
                },
            };
            files += 1;
            bytes += written;
        }
        if files == 0 {
            return Err(CodehostError::Empty);
        }
        let buffered = builder.into_inner().map_err(unwritable)?;
        let sink = buffered.into_inner().map_err(|error| unwritable(error.into_error()))?;
        let (size, digest) = (sink.size, hex::encode(sink.hasher.finalize()));
        let digest = digest.parse().expect("a SHA-256 in hexadecimal is a digest");
        Ok(Written { tar, digest, size, files, bytes, left_out: self.left_out })
    }

    /// Reads a file's bytes; one that vanished or may not be read is left out and said.
    fn read(&mut self, path: &[u8], content: &Content) -> Result<Option<Vec<u8>>, CodehostError> {
        match content {
            Content::Spooled { offset, length } => {
                let mut data = vec![0; *length as usize];
                self.spool.read_exact_at(&mut data, *offset).map_err(|error| CodehostError::io(OsStr::from_bytes(path), "read", error))?;
                Ok(Some(data))
            }
            Content::Disk(at) => {
                let mut data = Vec::new();
                let most = self.limits.file_bytes;
                // Not through a link, and not blocking: the folder may change while it is read.
                let flags = (nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK).bits();
                let opened = OpenOptions::new().read(true).custom_flags(flags).open(at);
                match opened.and_then(|file| file.take(most + 1).read_to_end(&mut data)) {
                    Ok(read) if read as u64 > most => self.leave_out(path, &format!("larger than {} MB", most >> 20)),
                    Ok(_) => return Ok(Some(data)),
                    Err(error) => self.leave_out(path, &format!("can't be read: {error}")),
                }
                Ok(None)
            }
        }
    }
}

fn header(kind: tar::EntryType, size: u64, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

fn append_file(builder: &mut tar::Builder<impl Write>, path: &[u8], data: &[u8], executable: bool) -> io::Result<u64> {
    let mut header = header(tar::EntryType::Regular, data.len() as u64, if executable { 0o755 } else { 0o644 });
    builder.append_data(&mut header, OsStr::from_bytes(path), data)?;
    Ok(data.len() as u64)
}

fn append_link(builder: &mut tar::Builder<impl Write>, path: &[u8], to: &[u8]) -> io::Result<u64> {
    let mut header = header(tar::EntryType::Symlink, 0, 0o777);
    builder.append_link(&mut header, OsStr::from_bytes(path), OsStr::from_bytes(to))?;
    Ok(0)
}

/// Computes the digest of what passes into a file.
struct Hashing<'a> {
    file: &'a File,
    hasher: Sha256,
    size: u64,
}

impl Write for Hashing<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.file.write_all(data)?;
        self.hasher.update(data);
        self.size += data.len() as u64;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
