//! Unpacking trees that others made: nothing lands outside the folder, whatever the archive says.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read},
    os::unix::fs::{OpenOptionsExt, symlink},
    path::{Component, Path, PathBuf},
    time::{Duration, SystemTime},
};

use tar::{Archive, Entry, EntryType};

/// Most entries and bytes of one tree.
const ENTRIES: u64 = 2_000_000;
const BYTES: u64 = 32 << 30;

/// Unpacks a tar of files, folders and links into the empty folder `into`.
///
/// Symbolic links are made as they are and never followed: a path that leads through one is
/// refused, so they can only be resolved where the tree is mounted. Owners are not kept; a file is
/// readable by all, writable by its owner, and executable if it was by anyone.
///
/// # Errors
/// `InvalidData` for paths that are not plain, devices, pipes, or sizes out of bounds.
pub fn unpack(archive: impl Read, into: &Path) -> io::Result<()> {
    let mut archive = Archive::new(archive);
    let (mut entries, mut bytes) = (0, 0);
    for entry in archive.entries()? {
        let entry = entry.map_err(|error| invalid(format!("not a tar: {error}")))?;
        entries += 1;
        bytes += entry.size();
        if entries > ENTRIES || bytes > BYTES {
            return Err(invalid(format!("the tree is larger than {ENTRIES} entries or {BYTES} bytes")));
        }
        place(entry, into)?;
    }
    Ok(())
}

fn place(mut entry: Entry<'_, impl Read>, into: &Path) -> io::Result<()> {
    let kind = entry.header().entry_type();
    if matches!(kind, EntryType::XGlobalHeader) {
        return Ok(());
    }
    let named = entry.path()?.into_owned();
    let Some(relative) = plain(&named)? else { return Ok(()) };
    let target = into.join(&relative);
    if kind == EntryType::Directory {
        return make_folders(into, &relative);
    }
    make_folders(into, relative.parent().unwrap_or(Path::new("")))?;
    if target.symlink_metadata().is_ok_and(|status| !status.is_dir()) {
        fs::remove_file(&target)?;
    }
    match kind {
        EntryType::Regular | EntryType::Continuous => write_file(&mut entry, &target),
        EntryType::Symlink => symlink(link_name(&entry)?, &target),
        EntryType::Link => {
            let original = plain(&link_name(&entry)?)?.ok_or_else(|| invalid("a link to the tree itself"))?;
            make_folders(into, original.parent().unwrap_or(Path::new("")))?;
            let original = into.join(original);
            if !original.symlink_metadata()?.is_file() {
                return Err(invalid(format!("{} is linked to what is no file", named.display())));
            }
            fs::hard_link(original, &target)
        }
        _ => Err(invalid(format!("{} is neither file, folder nor link", named.display()))),
    }
}

fn write_file(entry: &mut Entry<'_, impl Read>, target: &Path) -> io::Result<()> {
    let header = entry.header();
    let is_executable = header.mode()? & 0o111 != 0;
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(header.mtime().unwrap_or(0));
    let mode = if is_executable { 0o755 } else { 0o644 };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(target)?;
    io::copy(entry, &mut file)?;
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    file.set_modified(modified)
}

fn link_name(entry: &Entry<'_, impl Read>) -> io::Result<PathBuf> {
    entry.link_name()?.map(std::borrow::Cow::into_owned).ok_or_else(|| invalid("a link without a target"))
}

/// Makes the folders of a path below `into`, none of which may be a link.
fn make_folders(into: &Path, relative: &Path) -> io::Result<()> {
    let mut path = into.to_path_buf();
    for part in relative.components() {
        path.push(part);
        match path.symlink_metadata() {
            Ok(status) if status.is_dir() => {}
            Ok(_) => return Err(invalid(format!("{} leads through what is no folder", relative.display()))),
            Err(_) => {
                fs::create_dir(&path)?;
                fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
            }
        }
    }
    Ok(())
}

/// The path without `.` parts; `None` for the folder itself.
fn plain(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            _ => return Err(invalid(format!("{} does not lie in the tree", path.display()))),
        }
    }
    Ok(Some(plain).filter(|plain| !plain.as_os_str().is_empty()))
}

fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}

#[cfg(test)]
mod tests {
    use tar::{Builder, Header};

    use super::*;

    /// One entry: kind, name, link target, content. Names go in raw: the builder refuses bad ones.
    fn archive(entries: &[(EntryType, &str, &str, &str)]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (kind, name, target, content) in entries {
            let mut header = Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o6755);
            header.set_size(content.len() as u64);
            let old = header.as_old_mut();
            old.name[..name.len()].copy_from_slice(name.as_bytes());
            old.linkname[..target.len()].copy_from_slice(target.as_bytes());
            header.set_cksum();
            builder.append(&header, content.as_bytes()).expect("a vector");
        }
        builder.into_inner().expect("a vector")
    }

    fn unpacked(entries: &[(EntryType, &str, &str, &str)]) -> (tempfile::TempDir, io::Result<()>) {
        let root = tempfile::tempdir().expect("a temporary folder");
        let into = root.path().join("into");
        fs::create_dir(&into).expect("empty");
        let outcome = unpack(archive(entries).as_slice(), &into);
        (root, outcome)
    }

    #[test]
    fn files_folders_and_links_are_made_and_set_user_bits_are_not() {
        use std::os::unix::fs::PermissionsExt;
        let entries = [
            (EntryType::Directory, "pkg/", "", ""),
            (EntryType::Regular, "./pkg/a.py", "", "a"),
            (EntryType::Symlink, "pkg/python", "/usr/bin/python3", ""),
            (EntryType::Link, "pkg/b.py", "pkg/a.py", ""),
        ];
        let (root, outcome) = unpacked(&entries);
        outcome.expect("a safe tree");
        let into = root.path().join("into");
        assert_eq!(fs::read(into.join("pkg/b.py")).expect("linked"), b"a");
        assert_eq!(fs::read_link(into.join("pkg/python")).expect("a link"), Path::new("/usr/bin/python3"));
        assert_eq!(fs::metadata(into.join("pkg/a.py")).expect("made").permissions().mode() & 0o7777, 0o755);
    }

    #[test]
    fn nothing_lands_outside() {
        let cases: [&[(EntryType, &str, &str, &str)]; 7] = [
            &[(EntryType::Regular, "../evil", "", "x")],
            &[(EntryType::Regular, "/tmp/evil", "", "x")],
            &[(EntryType::Regular, "a/../../evil", "", "x")],
            &[(EntryType::Symlink, "way", "..", ""), (EntryType::Regular, "way/evil", "", "x")],
            &[(EntryType::Symlink, "way", "..", ""), (EntryType::Directory, "way/evil", "", "")],
            &[(EntryType::Link, "passwd", "../evil", "")],
            &[(EntryType::Symlink, "way", "/etc", ""), (EntryType::Link, "passwd", "way/passwd", "")],
        ];
        for entries in cases {
            let (root, outcome) = unpacked(entries);
            assert_eq!(outcome.expect_err("unsafe").kind(), io::ErrorKind::InvalidData, "{entries:?}");
            assert_eq!(fs::read_dir(root.path()).expect("readable").count(), 1, "{entries:?}");
        }
    }

    #[test]
    fn a_file_replaces_a_link_of_its_name_and_devices_are_refused() {
        let (root, outcome) = unpacked(&[(EntryType::Symlink, "a", "../evil", ""), (EntryType::Regular, "a", "", "x")]);
        outcome.expect("the second entry wins");
        assert!(!root.path().join("evil").exists());
        for kind in [EntryType::Char, EntryType::Block, EntryType::Fifo] {
            assert!(unpacked(&[(kind, "device", "", "")]).1.is_err());
        }
    }
}
