//! The Python interpreters of this machine.

use std::{
    collections::BTreeSet,
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;
use whetstone_core::job::Toolchain;

use crate::python::versions::Version;

/// System folders that an interpreter's libraries and loader come from.
const SYSTEM_ROOTS: [&str; 6] = ["/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache"];

/// What an interpreter says of itself; no site packages, no environment, no user code.
const QUESTION: &str = "import sys, json, sysconfig; print(json.dumps({'implementation': sys.implementation.name, \
     'version': '%d.%d.%d' % sys.version_info[:3], 'release': sys.version_info[3], 'base': sys.base_prefix, \
     'library': sysconfig.get_config_var('LIBDIR') or ''}))";

#[derive(Deserialize)]
struct Answer {
    implementation: String,
    version: String,
    release: String,
    base: PathBuf,
    library: PathBuf,
}

/// Finds the CPython interpreters from 3.9 on, newest first: on PATH, in the usual system folders
/// and in the version folders of pyenv, uv, asdf and mise. Each is started once to tell its version.
pub fn installed_toolchains() -> Vec<Toolchain> {
    let path = env::var_os("PATH").unwrap_or_default();
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let on_path = env::split_paths(&path).chain(["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].map(PathBuf::from));
    let mut candidates: Vec<PathBuf> = on_path.flat_map(|folder| interpreters_in(&folder)).collect();
    let pyenv = env::var_os("PYENV_ROOT").map_or_else(|| home.join(".pyenv"), PathBuf::from);
    let version_folders = [
        pyenv.join("versions"),
        home.join(".local/share/uv/python"),
        home.join(".asdf/installs/python"),
        home.join(".local/share/mise/installs/python"),
        PathBuf::from("/opt/python"),
    ];
    for versions in version_folders {
        for version in folder_entries(&versions) {
            candidates.extend(interpreters_in(&version.join("bin")));
        }
    }
    toolchains_of(candidates)
}

/// Asks each interpreter once, whatever the number of names that lead to it.
fn toolchains_of(candidates: Vec<PathBuf>) -> Vec<Toolchain> {
    let mut asked = BTreeSet::new();
    let mut found: Vec<(Version, Toolchain)> = Vec::new();
    let real = candidates.iter().filter_map(|candidate| fs::canonicalize(candidate).ok());
    let real: Vec<PathBuf> = real.filter(|real| asked.insert(real.clone()) && !is_script(real)).collect();
    // All at once: each only has to start.
    let answers: Vec<Option<(Version, Toolchain)>> = std::thread::scope(|scope| {
        let asking: Vec<_> = real.iter().map(|real| scope.spawn(|| ask(real))).collect();
        asking.into_iter().map(|answer| answer.join().unwrap_or_default()).collect()
    });
    for (version, toolchain) in answers.into_iter().flatten() {
        if !found.iter().any(|(_, known)| known.version == toolchain.version && known.roots == toolchain.roots) {
            found.push((version, toolchain));
        }
    }
    found.sort_by(|(left, _), (right, _)| right.cmp(left));
    found.into_iter().map(|(_, toolchain)| toolchain).collect()
}

fn ask(executable: &Path) -> Option<(Version, Toolchain)> {
    let output = Command::new(executable).args(["-I", "-S", "-c", QUESTION]).stdin(Stdio::null()).env_clear().output().ok()?;
    let answer: Answer = serde_json::from_slice(&output.stdout).ok()?;
    let version: Version = answer.version.parse().ok()?;
    if answer.implementation != "cpython" || answer.release != "final" || version.minor() < (3, 9) {
        return None;
    }
    let mut roots: Vec<String> = Vec::new();
    for own in [&answer.base, &answer.library] {
        let is_system = SYSTEM_ROOTS.iter().any(|root| own.starts_with(root));
        if own.is_absolute() && own.exists() && own != Path::new("/") && !is_system && !roots.iter().any(|root| own.starts_with(root)) {
            roots.push(own.to_string_lossy().into_owned());
        }
    }
    roots.extend(SYSTEM_ROOTS.iter().filter(|root| Path::new(root).exists()).map(|root| (*root).to_owned()));
    let toolchain = Toolchain {
        language: "python".into(),
        version: answer.version,
        executable: executable.to_string_lossy().into_owned(),
        roots,
        image: String::new(),
    };
    Some((version, toolchain))
}

fn interpreters_in(folder: &Path) -> Vec<PathBuf> {
    let is_interpreter = |name: &str| {
        let version = name.strip_prefix("python");
        version.is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
    };
    let entries = folder_entries(folder);
    entries.into_iter().filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_interpreter)).collect()
}

fn folder_entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

/// Version managers put shell scripts named `python` on the PATH; what they choose depends on the
/// folder they are started in.
fn is_script(path: &Path) -> bool {
    let mut start = [0u8; 2];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && &start == b"#!"
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// A fake interpreter: a copy of `sh` would not answer, so the answer is tested on real ones below.
    #[test]
    fn shims_and_unrelated_programs_are_no_interpreters() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["python3", "python3-config", "pythonw", "python3.12"] {
            let path = folder.path().join(name);
            fs::write(&path, "#!/bin/sh\necho no\n").expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        }
        let names: Vec<_> = interpreters_in(folder.path()).iter().map(|path| path.file_name().unwrap_or_default().to_owned()).collect();
        assert_eq!(names, ["python3", "python3.12"]);
        assert!(toolchains_of(interpreters_in(folder.path())).is_empty());
    }

    #[test]
    fn an_interpreter_with_two_names_is_listed_once_with_its_folders() {
        let installed = installed_toolchains();
        let first = installed.first().expect("a Python from 3.9 on is installed: run scripts/install-missing");
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("python3");
        symlink(&first.executable, &link).expect("linked");
        let found = toolchains_of(vec![link, PathBuf::from(&first.executable)]);
        assert_eq!(found.len(), 1);
        assert!(found[0].roots.iter().any(|root| Path::new(&found[0].executable).starts_with(root)), "{:?}", found[0]);
        let versions: Vec<Version> = installed.iter().filter_map(|toolchain| toolchain.version.parse().ok()).collect();
        assert!(versions.windows(2).all(|pair| pair[0] >= pair[1]) && versions.iter().all(|version| version.minor() >= (3, 9)));
    }
}
