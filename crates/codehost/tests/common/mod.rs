//! A folder with a git repository to test on.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;
use whetstone_codehost::{CodehostError, Limits, Snapshot, Source, snapshot};

pub struct Place {
    pub folder: TempDir,
    pub work: TempDir,
}

impl Place {
    /// An empty folder, and another one for temporary files.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), work: tempfile::tempdir().unwrap() }
    }

    /// A repository with `a.py` and `pkg/b.py` in one commit on `main`.
    pub fn repository() -> Self {
        let place = Self::empty();
        place.git(&["init", "--quiet", "--initial-branch=main"]);
        place.write("a.py", "one = 1\ntwo = 2\nthree = 3\nfour = 4\nfive = 5\n");
        place.write("pkg/b.py", "b = 1\n");
        place.commit("first");
        place
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let at = self.path().join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(&at, text).unwrap();
        at
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        let output = Command::new("git").arg("-C").arg(self.path()).args(identity).args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub async fn snapshot(&self) -> Result<Snapshot, CodehostError> {
        self.snapshot_of(&Source::Folder(self.path().to_owned()), None).await
    }

    pub async fn snapshot_of(&self, source: &Source, reference: Option<&str>) -> Result<Snapshot, CodehostError> {
        snapshot(source, reference, Limits::default(), self.work.path()).await
    }

    pub fn work_is_empty(&self) -> bool {
        fs::read_dir(self.work.path()).unwrap().next().is_none()
    }
}

/// Paths with contents; links as `-> target`.
pub fn contents(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(snapshot.tar.reopen().unwrap());
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        assert_eq!((entry.header().mtime().unwrap(), entry.header().uid().unwrap()), (0, 0));
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        let link = entry.link_name_bytes().map(|to| format!("-> {}", String::from_utf8_lossy(&to)));
        (path, link.unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned()))
    });
    entries.collect()
}

pub fn paths(snapshot: &Snapshot) -> Vec<String> {
    contents(snapshot).into_keys().collect()
}
