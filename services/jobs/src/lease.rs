//! The timing lease of the machine: while something is timed, no other job of ours runs, whatever
//! data folder it belongs to.
//!
//! A file lock (flock(2)): timing jobs take it exclusively, all others share it. It goes with its
//! process, so a killed one blocks nobody.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// How often a lock that another process holds is tried again; the kernel wakes no executor.
const RETRY: Duration = Duration::from_millis(20);

/// Where the lease lies.
#[derive(Clone, Debug)]
pub struct Lease {
    path: PathBuf,
}

/// A part of the lease; given back when dropped.
#[derive(Debug)]
pub struct Held {
    _file: File,
}

impl Lease {
    /// Uses the lock file at `path`, the same for everybody on the machine.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Waits for the lease: alone for timing, beside others otherwise.
    ///
    /// # Errors
    /// If the lock file can neither be opened nor made.
    pub async fn take(&self, timing: bool) -> io::Result<Held> {
        let file = open(&self.path)?;
        loop {
            let locked = if timing { file.try_lock() } else { file.try_lock_shared() };
            match locked {
                Ok(()) => return Ok(Held { _file: file }),
                Err(std::fs::TryLockError::WouldBlock) => tokio::time::sleep(RETRY).await,
                Err(std::fs::TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

/// Another user's file in a sticky folder may be opened but not with the wish to create it, and a
/// lock needs no right to write.
fn open(path: &Path) -> io::Result<File> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o644).open(path)
        }
        opened => opened,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_free(lease: &Lease, timing: bool) -> bool {
        tokio::time::timeout(Duration::from_millis(100), lease.take(timing)).await.is_ok()
    }

    #[tokio::test]
    async fn timing_is_alone_and_others_share() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let lease = Lease::at(folder.path().join("lease"));
        let first = lease.take(false).await.expect("free");
        assert!(is_free(&lease, false).await);
        assert!(!is_free(&lease, true).await);
        drop(first);
        let timing = lease.take(true).await.expect("free");
        assert!(!is_free(&lease, false).await && !is_free(&lease, true).await);
        drop(timing);
        assert!(is_free(&lease, true).await);
    }
}
