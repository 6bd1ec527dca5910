//! A snapshot's tree as detection reads it: a list of paths, and small text files on demand.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Folders that hold no source of the repository's own.
const LEFT_OUT: [&str; 14] = [
    ".git",
    ".hg",
    ".svn",
    ".tox",
    ".nox",
    ".venv",
    "venv",
    ".eggs",
    "node_modules",
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "site-packages",
];

/// Configuration files larger than this are not read.
const TEXT_LIMIT: u64 = 8 << 20;

/// The files of a tree. Symbolic links are listed as files where they lead to one inside the tree,
/// and never followed into folders, so that loops can't occur.
pub struct Tree {
    root: PathBuf,
    files: Vec<String>,
}

impl Tree {
    /// Lists the tree at `root`.
    ///
    /// # Errors
    /// If `root` itself can't be listed; unreadable folders below it are left out.
    pub fn open(root: &Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        let mut files = Vec::new();
        let mut folders = vec![(root.clone(), String::new())];
        let mut is_top = true;
        while let Some((folder, prefix)) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if is_top => return Err(error),
                Err(_) => continue,
            };
            is_top = false;
            for entry in entries.flatten() {
                let Ok(name) = entry.file_name().into_string() else { continue };
                let Ok(kind) = entry.file_type() else { continue };
                let path = format!("{prefix}{name}");
                if kind.is_dir() {
                    if !LEFT_OUT.contains(&name.as_str()) {
                        folders.push((entry.path(), format!("{path}/")));
                    }
                } else if kind.is_file() || leads_to_own_file(&root, &entry.path()) {
                    files.push(path);
                }
            }
        }
        files.sort();
        Ok(Self { root, files })
    }

    /// Paths relative to the tree, sorted.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    pub fn has(&self, path: &str) -> bool {
        self.files.binary_search_by(|file| file.as_str().cmp(path)).is_ok()
    }

    /// Paths that end in `.py`.
    pub fn python_files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str).filter(|file| file.ends_with(".py"))
    }

    /// The file's text, other encodings than UTF-8 replaced where they do not fit; `None` if it
    /// is missing or too large to be configuration.
    pub fn text(&self, path: &str) -> Option<String> {
        self.bytes(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The file's bytes, under the same terms.
    pub fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        if !self.has(path) {
            return None;
        }
        let full = self.root.join(path);
        let small = fs::metadata(&full).is_ok_and(|data| data.len() <= TEXT_LIMIT);
        if small { fs::read(full).ok() } else { None }
    }
}

fn leads_to_own_file(root: &Path, link: &Path) -> bool {
    link.canonicalize().is_ok_and(|real| real.starts_with(root) && real.is_file())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_not_followed_out_of_the_tree_or_in_circles() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("tree");
        fs::create_dir_all(root.join("pkg")).expect("made");
        fs::create_dir_all(root.join(".git")).expect("made");
        fs::write(root.join("pkg/a.py"), "x = 1\n").expect("written");
        fs::write(root.join(".git/b.py"), "").expect("written");
        fs::write(folder.path().join("outside.py"), "").expect("written");
        symlink(&root, root.join("pkg/loop")).expect("linked");
        symlink(folder.path().join("outside.py"), root.join("out.py")).expect("linked");
        symlink("pkg/a.py", root.join("same.py")).expect("linked");
        let tree = Tree::open(&root).expect("listed");
        assert_eq!(tree.files(), ["pkg/a.py", "same.py"]);
        assert_eq!(tree.text("pkg/a.py").as_deref(), Some("x = 1\n"));
        assert_eq!(tree.text("missing.py"), None);
    }
}
