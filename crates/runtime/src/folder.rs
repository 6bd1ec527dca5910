//! The data folder: the first process on it holds its lock and serves; later ones are its clients.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// A data folder that this process holds. The lock goes with the process, however it ends.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// Why a folder is not held.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("another process serves the data folder {0}")]
    Held(PathBuf),
    #[error("the data folder {path} can't be used: {source}. Choose another with --data-dir")]
    Io { path: PathBuf, source: io::Error },
}

impl DataFolder {
    /// Makes the folder if it is missing (for the owner alone) and takes its lock, without waiting.
    pub fn hold(path: &Path) -> Result<Self, FolderError> {
        let failed = |source| FolderError::Io { path: path.to_owned(), source };
        if !path.exists() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        }
        let path = path.canonicalize().map_err(failed)?;
        let lock = File::options().create(true).truncate(false).write(true).open(path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::Held(path)),
            Err(TryLockError::Error(source)) => Err(FolderError::Io { path, source }),
        }
    }

    /// The folder, as an absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the holder's internal roles listen.
    pub fn socket(&self) -> PathBuf {
        socket_path(&self.path)
    }
}

/// Where the holder of a data folder listens. A Unix socket's path has at most 107 bytes, so a deep
/// folder's socket lies in the temporary folder under the folder's digest.
pub fn socket_path(folder: &Path) -> PathBuf {
    let path = folder.join("whet.sock");
    if path.as_os_str().len() < 104 {
        return path;
    }
    let digest = whetstone_core::Digest::of(folder.as_os_str().as_encoded_bytes());
    std::env::temp_dir().join(format!("whet-{}.sock", digest.short()))
}

/// Removes a socket that a dead process left and binds a new one for the owner alone.
pub(crate) fn bind(path: &Path) -> io::Result<std::os::unix::net::UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Bound under another name first: nobody can connect before the mode is set.
    let hidden = path.with_extension(format!("{}.new", std::process::id()));
    let _ = fs::remove_file(&hidden);
    let listener = std::os::unix::net::UnixListener::bind(&hidden)?;
    fs::set_permissions(&hidden, fs::Permissions::from_mode(0o600))?;
    fs::rename(&hidden, path)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_once_and_free_again_after_its_holder() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("data");
        let held = DataFolder::hold(&path).expect("free");
        assert!(matches!(DataFolder::hold(&path), Err(FolderError::Held(_))));
        assert_eq!(fs::metadata(&path).expect("made").permissions().mode() & 0o777, 0o700);
        drop(held);
        DataFolder::hold(&path).expect("free again");
    }

    #[test]
    fn a_stale_socket_is_replaced_and_only_the_owner_may_connect() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("whet.sock");
        drop(bind(&path).expect("bound"));
        let _listener = bind(&path).expect("bound again");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_deep_folder_gets_a_short_socket_path() {
        let deep = Path::new("/").join("d".repeat(200));
        assert!(socket_path(&deep).as_os_str().len() < 104);
    }
}
