//! What bubblewrap is told for one job.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use whetstone_core::{
    job::JobSpec,
    plan::{ENVIRONMENT, HARNESS, JOB_IN, JOB_OUT, PLAN_FILE, PROXY_SOCKET, Plan, RUNNER, SOLVER, TOOLS, TREE},
    port::{SandboxError, sandbox::Prepared},
};

use super::write_readable;
use crate::{Settings, machine};

/// Processes of a job that are not its own doing: bubblewrap's and the runner.
pub const OWN_PROCESSES: u32 = 8;

/// Top folders of the system: followed where they are links, else mounted.
const SYSTEM: [&str; 7] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// What programs read of `/etc`; nothing of it is secret or names this machine.
const ETC: [&str; 15] = [
    "/etc/alternatives",
    "/etc/debian_version",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/os-release",
    "/etc/pki/ca-trust/extracted",
    "/etc/pki/tls/certs",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/ca-certificates",
];

/// The bundle of authorities where the configuration names none, by distribution.
const BUNDLES: [&str; 3] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// Where a job sees the configured bundle.
const BUNDLE: &str = "/job/in/certificates.pem";

/// Bytes of each writable file system; they lie in memory, so the machine's size bounds them.
pub fn scratch_bytes(spec: &JobSpec) -> u64 {
    spec.limits.disk_bytes.min(machine::memory_bytes() / 4)
}

/// How many file systems of that size a job has.
pub fn scratches(spec: &JobSpec) -> u64 {
    if matches!(spec.plan, Plan::Prepare(_)) { 2 } else { 1 }
}

/// Writes the few account files that a job sees, for its user alone.
pub fn write_accounts(folder: &Path, user: Option<u32>) -> io::Result<()> {
    let user = user.unwrap_or_else(|| nix::unistd::geteuid().as_raw());
    let texts = [
        ("passwd", format!("root:x:0:0:root:/:/usr/sbin/nologin\njob:x:{user}:{user}:job:/home/job:/bin/sh\n")),
        ("group", format!("root:x:0:\njob:x:{user}:\n")),
        ("hosts", "127.0.0.1 localhost\n::1 localhost\n".to_owned()),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n".to_owned()),
    ];
    texts.iter().try_for_each(|(name, text)| write_readable(&folder.join(name), text.as_bytes()))
}

/// The whole command line, the runner's own included.
pub fn of(
    settings: &Settings,
    spec: &JobSpec,
    prepared: &Prepared,
    folder: &Path,
    user: Option<u32>,
) -> Result<Vec<OsString>, SandboxError> {
    let mut line = Line::default();
    line.words(&["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]);
    line.words(&["--die-with-parent", "--new-session", "--hostname", "whet", "--clearenv"]);
    system(&mut line);
    toolchain(&mut line, spec)?;
    for name in ["passwd", "group", "hosts", "nsswitch.conf"] {
        line.read_only(&folder.join(name), &Path::new("/etc").join(name));
    }
    line.words(&["--proc", "/proc", "--dev", "/dev"]);
    scratch(&mut line, spec, prepared);
    inputs(&mut line, settings, spec, prepared, folder);
    environment(&mut line, settings, spec);
    line.words(&["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--", RUNNER]);
    if let Some(user) = user {
        line.words(&["--user", &user.to_string()]);
    }
    line.words(&["--processes", &spec.limits.processes.saturating_add(OWN_PROCESSES).to_string()]);
    line.words(&["--printed", &spec.limits.output_bytes.to_string()]);
    Ok(line.words)
}

fn system(line: &mut Line) {
    for folder in SYSTEM.map(Path::new) {
        match fs::read_link(folder) {
            Ok(target) => line.paths("--symlink", &[&target, folder]),
            Err(_) if folder.is_dir() => line.read_only(folder, folder),
            Err(_) => {}
        }
    }
    for path in ETC.map(Path::new).into_iter().filter(|path| path.exists()) {
        line.read_only(path, path);
    }
}

/// Mounts the toolchain's folders, less what the system's already cover.
fn toolchain(line: &mut Line, spec: &JobSpec) -> Result<(), SandboxError> {
    for root in spec.toolchain.roots.iter().map(Path::new) {
        let is_covered = SYSTEM.iter().any(|system| root.starts_with(system)) || root.starts_with("/etc");
        if is_covered || !root.exists() {
            continue;
        }
        let is_too_wide = root.components().count() < 3 || std::env::home_dir().is_some_and(|home| home.starts_with(root));
        if !root.is_absolute() || is_too_wide {
            return Err(SandboxError::Unavailable {
                reason: format!("the toolchain's folder {} holds more than a toolchain", root.display()),
                advice: "Install the interpreter in a folder of its own.".into(),
            });
        }
        line.read_only(root, root);
    }
    Ok(())
}

/// The job's own writable file systems, bounded, and the places that commands' views are put over.
fn scratch(line: &mut Line, spec: &JobSpec, prepared: &Prepared) {
    let size = scratch_bytes(spec).to_string();
    let small = scratch_bytes(spec).min(256 << 20).to_string();
    for folder in [TREE, "/home/job", JOB_IN] {
        line.folder(Path::new(folder));
    }
    line.words(&["--perms", "1777", "--size", &small, "--tmpfs", "/dev/shm"]);
    line.words(&["--perms", "1777", "--size", &small, "--tmpfs", "/tmp"]);
    line.words(&["--perms", "0755", "--size", &size, "--tmpfs", "/whet/scratch"]);
    for folder in [ENVIRONMENT, TOOLS, SOLVER] {
        let is_input = prepared.inputs.iter().any(|(_, mount)| mount == Path::new(folder));
        if matches!(spec.plan, Plan::Prepare(_)) && !is_input {
            line.words(&["--perms", "0755", "--size", &size, "--tmpfs", folder]);
        }
    }
}

fn inputs(line: &mut Line, settings: &Settings, spec: &JobSpec, prepared: &Prepared, folder: &Path) {
    line.read_only(&folder.join("plan.json"), Path::new(PLAN_FILE));
    for (host, mount) in &prepared.inputs {
        line.read_only(host, mount);
    }
    line.parents(Path::new(JOB_OUT));
    line.paths("--bind", &[&prepared.output, Path::new(JOB_OUT)]);
    if let Some(socket) = &prepared.proxy {
        line.read_only(socket, Path::new(PROXY_SOCKET));
    }
    if let Some(bundle) = settings.certificates.as_ref().filter(|_| prepared.proxy.is_some()) {
        line.read_only(bundle, Path::new(BUNDLE));
    }
    line.read_only(&settings.runner, Path::new(RUNNER));
    let harness: PathBuf = settings.harnesses.join(&spec.toolchain.language);
    if !spec.toolchain.language.is_empty() && harness.is_dir() {
        line.read_only(&harness, Path::new(HARNESS));
    }
}

fn environment(line: &mut Line, settings: &Settings, spec: &JobSpec) {
    line.words(&["--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin", "--setenv", "HOME", "/home/job", "--setenv", "LANG", "C.UTF-8"]);
    if matches!(spec.plan, Plan::Prepare(_)) {
        let system = BUNDLES.iter().find(|path| Path::new(path).exists()).copied();
        let bundle = if settings.certificates.is_some() { Some(BUNDLE) } else { system };
        if let Some(bundle) = bundle {
            line.words(&["--setenv", "WHET_CA_BUNDLE", bundle]);
        }
    }
}

/// The command line in the making.
#[derive(Default)]
struct Line {
    words: Vec<OsString>,
    folders: BTreeSet<PathBuf>,
}

impl Line {
    fn words(&mut self, words: &[&str]) {
        self.words.extend(words.iter().map(Into::into));
    }

    fn paths(&mut self, option: &str, paths: &[&Path]) {
        self.words.push(option.into());
        self.words.extend(paths.iter().map(|path| path.as_os_str().to_owned()));
    }

    fn read_only(&mut self, host: &Path, mount: &Path) {
        self.parents(mount);
        self.paths("--ro-bind", &[host, mount]);
    }

    /// Makes the folders above a mount. Bubblewrap would take the host's modes, and a job's user
    /// could not pass through the home folder that a toolchain lies in.
    fn parents(&mut self, mount: &Path) {
        if let Some(parent) = mount.parent() {
            self.folder(parent);
        }
    }

    /// Makes a folder and those above it, each once.
    fn folder(&mut self, folder: &Path) {
        let all: Vec<&Path> = folder.ancestors().filter(|folder| folder.parent().is_some()).collect();
        for folder in all.into_iter().rev() {
            let is_mounted = SYSTEM.iter().any(|system| folder.starts_with(system));
            if !is_mounted && self.folders.insert(folder.to_path_buf()) {
                self.words(&["--perms", "0755"]);
                self.paths("--dir", &[folder]);
            }
        }
    }
}
