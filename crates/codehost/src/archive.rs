//! Trees from archives. Nothing is unpacked by name: contents go into one spool file, so that no
//! entry can write anywhere, and no more is inflated than the limits allow.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
    os::unix::ffi::OsStrExt,
    path::{Component, Path},
};

use crate::{
    CodehostError,
    tree::{Limits, Tree},
};

/// Reads an archive, told by its first bytes and not by its name.
pub(crate) fn tree(path: &Path, strip: bool, limits: Limits, work: &Path) -> Result<Tree, CodehostError> {
    let mut file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => CodehostError::SourceMissing(path.display().to_string()),
        _ => CodehostError::io(path, "read", error),
    })?;
    let mut magic = [0; 6];
    let read = file.read(&mut magic).map_err(|error| CodehostError::io(path, "read", error))?;
    file.rewind().map_err(|error| CodehostError::io(path, "read", error))?;
    let mut tree = Tree::new(limits, work)?;
    let outcome = match &magic[..read] {
        [0x1f, 0x8b, ..] => read_tar(&mut tree, flate2::read::MultiGzDecoder::new(BufReader::new(file)), limits),
        [b'P', b'K', ..] => read_zip(&mut tree, BufReader::new(file), limits),
        [b'B', b'Z', b'h', ..] => Err(unreadable("bzip2 is not supported")),
        [0xfd, b'7', b'z', ..] => Err(unreadable("xz is not supported")),
        _ => read_tar(&mut tree, BufReader::new(file), limits),
    };
    outcome.map_err(|problem| match problem {
        Problem::Archive(problem) => CodehostError::ArchiveUnreadable { path: path.display().to_string(), problem },
        Problem::Host(error) => error,
    })?;
    if strip {
        tree.strip_single_top();
    }
    Ok(tree)
}

enum Problem {
    Archive(String),
    Host(CodehostError),
}

impl From<CodehostError> for Problem {
    fn from(error: CodehostError) -> Self {
        Self::Host(error)
    }
}

fn unreadable(error: impl ToString) -> Problem {
    Problem::Archive(error.to_string())
}

/// Stops a stream that inflates without end, headers and padding included.
struct Bounded<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| io::Error::other("it inflates to more than is allowed"))?;
        Ok(read)
    }
}

fn read_tar(tree: &mut Tree, reader: impl Read, limits: Limits) -> Result<(), Problem> {
    // Four times the limit lets many files that are left out for their size pass by.
    let mut archive = tar::Archive::new(Bounded { reader, left: limits.total_bytes.saturating_mul(4) });
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let kind = entry.header().entry_type();
        let raw = entry.path_bytes().into_owned();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        let Some(path) = inside(&raw) else {
            tree.leave_out(&raw, "its path leads out of the archive");
            continue;
        };
        if is_git_folder(&path) {
            continue;
        }
        let link = entry.link_name_bytes().map(|name| name.into_owned()).unwrap_or_default();
        let executable = entry.header().mode().is_ok_and(|mode| mode & 0o111 != 0);
        if kind.is_symlink() {
            tree.link(path, link)?;
        } else if kind.is_hard_link() {
            let known = inside(&link).map(|to| tree.hard_link(path.clone(), &to)).transpose()?;
            if known != Some(true) {
                tree.leave_out(&path, "a hard link to something that is not there");
            }
        } else if kind.is_file() || kind.is_contiguous() {
            add_inflated(tree, path, &mut entry, executable)?;
        } else {
            tree.leave_out(&path, "neither a file nor a link");
        }
    }
    Ok(())
}

fn read_zip(tree: &mut Tree, reader: impl Read + Seek, limits: Limits) -> Result<(), Problem> {
    let mut archive = zip::ZipArchive::new(reader).map_err(unreadable)?;
    if archive.len() > limits.files.saturating_mul(4) {
        return Err(CodehostError::TooManyFiles { limit: limits.files }.into());
    }
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        if entry.is_dir() {
            continue;
        }
        let raw = entry.name_raw().to_vec();
        let Some(path) = inside(&raw) else {
            tree.leave_out(&raw, "its path leads out of the archive");
            continue;
        };
        if is_git_folder(&path) {
            continue;
        }
        let mode = entry.unix_mode().unwrap_or(0o644);
        if entry.is_symlink() {
            let mut to = Vec::new();
            entry.by_ref().take(4096).read_to_end(&mut to).map_err(unreadable)?;
            tree.link(path, to)?;
        } else {
            add_inflated(tree, path, &mut entry, mode & 0o111 != 0)?;
        }
    }
    Ok(())
}

/// Adds a file; what breaks while inflating is the archive's fault, not the disk's.
fn add_inflated(tree: &mut Tree, path: Vec<u8>, reader: &mut impl Read, executable: bool) -> Result<(), Problem> {
    let mut noting = Noting { reader, broken: None };
    let added = tree.spooled_file(path, &mut noting, executable);
    match noting.broken {
        Some(problem) => Err(Problem::Archive(problem)),
        None => Ok(added?),
    }
}

/// Remembers a read error, to tell it from a write error after a copy.
struct Noting<'a, R> {
    reader: &'a mut R,
    broken: Option<String>,
}

impl<R: Read> Read for Noting<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).inspect_err(|error| self.broken = Some(error.to_string()))
    }
}

/// The path as it lies in the tree; nothing where it is absolute or climbs.
fn inside(raw: &[u8]) -> Option<Vec<u8>> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for component in Path::new(std::ffi::OsStr::from_bytes(raw)).components() {
        match component {
            Component::Normal(part) => parts.push(part.as_bytes()),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    let fits = !parts.is_empty() && !raw.contains(&0) && parts.iter().all(|part| part.len() <= 255);
    fits.then(|| parts.join(&b'/'))
}

fn is_git_folder(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|part| part == b".git")
}
