//! The language harnesses on disk, where sandboxes mount them from.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use whetstone_core::{Digest, job::Toolchain};
use whetstone_languages::python;

/// Each language with its files.
const HARNESSES: [(&str, &[(&str, &str)]); 1] = [("python", python::harness::FILES)];

/// Writes every harness under `folder`, and tells the folder that holds one folder a language. It is
/// named by its content: another version beside this one has another.
///
/// # Errors
/// If a file cannot be written.
pub fn write(folder: &Path) -> io::Result<PathBuf> {
    let all: String = HARNESSES.iter().flat_map(|(_, files)| *files).map(|(path, content)| format!("{path}\n{content}\n")).collect();
    let target = folder.join(Digest::of(all.as_bytes()).short());
    if target.is_dir() {
        return Ok(target);
    }
    fs::create_dir_all(folder)?;
    let made = tempfile::TempDir::new_in(folder)?;
    for (language, files) in HARNESSES {
        python::harness::write(files, &made.path().join(language))?;
    }
    let made = made.keep();
    fs::set_permissions(&made, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    match fs::rename(&made, &target) {
        // Another process on another folder may have been first with the same content.
        Err(_) if target.is_dir() => fs::remove_dir_all(&made)?,
        outcome => outcome?,
    }
    Ok(target)
}

/// Compiles a language's harness for a toolchain, once: every worker of every job imports it. A
/// toolchain that cannot do so costs time, nothing else.
///
/// The interpreter is the installed one and sees nothing but these files.
pub fn compile(harnesses: &Path, toolchain: &Toolchain) {
    let mark = harnesses.join(format!("{}-{}.compiled", toolchain.language, toolchain.version));
    let folder = harnesses.join(&toolchain.language);
    if toolchain.language != "python" || mark.exists() || !folder.is_dir() {
        return;
    }
    let status = Command::new(&toolchain.executable).args(python::harness::COMPILE).arg(&folder).env_clear().stdin(Stdio::null()).status();
    if !status.as_ref().is_ok_and(std::process::ExitStatus::success) {
        tracing::warn!(toolchain = %toolchain.executable, ?status, "the harness could not be compiled");
    }
    // Either way once is enough.
    let _ = fs::write(mark, "");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_harness_is_written_once_and_whole() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = write(folder.path()).expect("writable");
        for (path, content) in python::harness::FILES {
            assert_eq!(fs::read_to_string(target.join("python").join(path)).expect("written"), *content);
        }
        assert_eq!(write(folder.path()).expect("there"), target);
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1, "nothing half made is left");
    }

    #[test]
    fn a_harness_is_compiled_once_for_each_interpreter() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = write(folder.path()).expect("writable");
        let installed = whetstone_testkit::python::interpreter();
        compile(&target, &installed);
        let compiled = fs::read_dir(target.join("python/whet_harness/__pycache__")).expect("compiled").count();
        assert_eq!(compiled, python::harness::FILES.iter().filter(|(path, _)| path.starts_with("whet_harness/")).count());
        compile(&target, &Toolchain { executable: "/nonexistent".into(), ..installed });
    }
}
