//! Confining what the runner starts (`docs/security.md`).
//!
//! Every child that may run repository code gets: a process group of its own; a private view of the
//! file system that shows its side at `/whet/tree`, its own scratch at `/tmp`, `/home/job` and
//! `/dev/shm`, and hides the job's inputs, the other sides and other workers' scratch; a Landlock
//! domain with the same bounds, which also stops signals from leaving it; and a seccomp filter
//! without tracing, foreign memory, namespaces and mounts. Where the kernel refuses nested
//! namespaces, Landlock alone hides the other sides and a side is seen under its own path.

mod namespace;
mod rules;
mod seccomp;

use std::{
    fs, io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

use nix::sys::{
    prctl,
    resource::{Resource, setrlimit},
};
use whetstone_core::plan::{JOB_OUT, TREE};

pub use namespace::are_available as namespaces_are_available;

/// Folders of a command's scratch that it sees at `/tmp`, `/home/job` and `/dev/shm`.
const SCRATCH_FOLDERS: [&str; 3] = ["tmp", "home", "shm"];

/// What one confined command may see and write.
#[derive(Clone, Debug)]
pub struct Confinement {
    side: PathBuf,
    scratch: PathBuf,
    write_tree: bool,
    outputs: bool,
    writable: Vec<PathBuf>,
    readable: Vec<PathBuf>,
    directory: Option<PathBuf>,
}

impl Confinement {
    /// Shows the tree at `side`, read-only, and gives `scratch` as a private writable folder. The
    /// caller makes a fresh, empty `scratch` for each command and removes it afterwards.
    pub fn new(side: impl Into<PathBuf>, scratch: impl Into<PathBuf>) -> Self {
        Self {
            side: side.into(),
            scratch: scratch.into(),
            write_tree: false,
            outputs: false,
            writable: Vec::new(),
            readable: Vec::new(),
            directory: None,
        }
    }

    /// Lets the command write in its tree; only for a tree that no other command uses.
    pub fn with_writable_tree(mut self) -> Self {
        self.write_tree = true;
        self
    }

    /// Lets the command see and write `/job/out`, as instruments do.
    pub fn with_outputs(mut self) -> Self {
        self.outputs = true;
        self
    }

    /// Lets the command write under `folder`, such as an environment in the making.
    pub fn with_writable(mut self, folder: impl Into<PathBuf>) -> Self {
        self.writable.push(folder.into());
        self
    }

    /// Lets the command read `folder`, where what lies around it is withheld.
    pub fn with_readable(mut self, folder: impl Into<PathBuf>) -> Self {
        self.readable.push(folder.into());
        self
    }

    /// Lets the command read the installation that an interpreter belongs to: many are under a home folder.
    pub fn with_interpreter(self, interpreter: &str) -> Self {
        match installation(Path::new(interpreter)) {
            Some(folder) => self.with_readable(folder),
            None => self,
        }
    }

    /// Starts the command in `folder`, as seen from inside; the tree by default.
    pub fn in_directory(mut self, folder: impl Into<PathBuf>) -> Self {
        self.directory = Some(folder.into());
        self
    }

    /// The path under which the command sees its tree.
    pub fn tree(&self) -> PathBuf {
        if namespaces_are_available() { TREE.into() } else { self.side.clone() }
    }

    /// The folder that the command sees as its home.
    pub fn home(&self) -> PathBuf {
        if namespaces_are_available() { namespace::HOME.into() } else { self.scratch.join("home") }
    }

    /// The folder that the command sees as its temporary one.
    pub fn temporary(&self) -> PathBuf {
        if namespaces_are_available() { "/tmp".into() } else { self.scratch.join("tmp") }
    }
}

/// Makes `command` start confined. `HOME` and `TMPDIR` are set to its own folders.
///
/// # Errors
/// If the scratch folders, the Landlock rules or the filter cannot be made. What fails between
/// fork and exec fails the spawn.
pub fn confine(command: &mut Command, confinement: &Confinement) -> io::Result<()> {
    for folder in SCRATCH_FOLDERS {
        fs::create_dir_all(confinement.scratch.join(folder))?;
    }
    let view = namespaces_are_available().then(|| namespace::View::of(confinement)).transpose()?;
    let mut rules = Some(rules::build(confinement)?);
    let filter = seccomp::worker_filter()?;
    let directory = confinement.directory.clone().unwrap_or_else(|| confinement.tree());
    let directory = namespace::c_path(&directory)?;
    command.env("HOME", confinement.home());
    if !namespaces_are_available() {
        command.env("TMPDIR", confinement.temporary());
    }
    let enter = move || {
        nix::unistd::setpgid(nix::unistd::Pid::from_raw(0), nix::unistd::Pid::from_raw(0))?;
        // The runner is closed to its peers; its child must reach its own /proc entries again.
        prctl::set_dumpable(true)?;
        if let Some(view) = &view {
            view.enter()?;
        }
        nix::unistd::chdir(directory.as_c_str())?;
        prctl::set_no_new_privs()?;
        if let Some(rules) = rules.take() {
            rules::enforce(rules)?;
        }
        filter.apply()
    };
    // SAFETY: between fork and exec the closure makes system calls on values built before the fork.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(enter);
    }
    Ok(())
}

/// Closes the runner itself: not dumpable (so that no process of its user reads its memory or
/// descriptors), no new privileges, no core files, the reaper of what its children leave behind,
/// and without the system calls that nothing in a job needs.
///
/// # Errors
/// If the kernel refuses a step.
pub fn protect_runner() -> io::Result<()> {
    prctl::set_dumpable(false)?;
    prctl::set_no_new_privs()?;
    prctl::set_child_subreaper(true)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    seccomp::runner_filter()?.apply()
}

/// `PREFIX` of `PREFIX/bin/python3.12`, to which a virtual environment's interpreter leads by a link.
fn installation(interpreter: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(interpreter).ok()?;
    let folder = real.parent().filter(|folder| folder.file_name().is_some_and(|name| name == "bin"))?;
    folder.parent().filter(|prefix| prefix.parent().is_some() && prefix.join("lib").is_dir()).map(Path::to_path_buf)
}

/// Folders outside a side that a confined command may write.
fn writable_folders(confinement: &Confinement) -> Vec<PathBuf> {
    let mut folders = confinement.writable.clone();
    if confinement.outputs {
        folders.push(Path::new(JOB_OUT).into());
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_of_a_home_folder_starts_where_its_installation_is_shown() {
        // The temporary folder is withheld like home folders are.
        let home = tempfile::tempdir().expect("a folder");
        let (side, scratch) = (home.path().join("side"), home.path().join("scratch"));
        let program = home.path().join("python/bin/true");
        for folder in [&side, &scratch, &home.path().join("python/bin"), &home.path().join("python/lib")] {
            fs::create_dir_all(folder).expect("fresh");
        }
        fs::copy("/bin/true", &program).expect("copied");
        let link = scratch.join("true");
        std::os::unix::fs::symlink(&program, &link).expect("linked");
        let starts = |confinement: Confinement| {
            let mut command = Command::new(&program);
            confine(&mut command, &confinement).expect("confined");
            command.status().is_ok_and(|status| status.success())
        };
        let plain = || Confinement::new(&side, &scratch);
        assert!(starts(plain().with_interpreter(&link.display().to_string())));
        if landlock_is_enforced() {
            assert!(!starts(plain()));
        }
    }

    fn landlock_is_enforced() -> bool {
        fs::read_to_string("/sys/kernel/security/lsm").is_ok_and(|modules| modules.contains("landlock"))
    }
}
