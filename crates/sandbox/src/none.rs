//! No isolation at all, only when asked for by name: for containers and machines where bubblewrap
//! cannot run, on code that is trusted.
//!
//! Plans name absolute paths (`/job/...`, `/whet/...`). Without a file system of its own a job gets
//! them as links at the real root, so only one job can run at a time on the machine, and this process
//! must be allowed to make `/job` and `/whet`. Time, output and memory are still bounded.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use async_trait::async_trait;
use whetstone_core::{
    id,
    job::{JobOutcome, JobSpec},
    plan::{ENVIRONMENT, HARNESS, JOB_OUT, PLAN_FILE, PROXY_SOCKET, Plan, RUNNER, SOLVER, TOOLS, TREE},
    port::{RunningJob, Sandbox, SandboxError, SandboxReport, sandbox::Prepared},
};

use crate::{
    Settings,
    cgroup::{Bounds, Cgroup},
    process,
    supervise::{self, Watched},
};

/// The folders at the root that a job's paths lie in.
const FOLDERS: [&str; 3] = ["/job", "/whet", "/home/job"];

/// Says that the folders are ours to clear, and locks them.
const MARK: &str = "/whet/.lock";

/// Runs jobs as they are.
pub struct NoSandbox {
    settings: Settings,
}

impl NoSandbox {
    /// Makes the sandbox that is none.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    fn start(&self, spec: &JobSpec, cgroup: &Cgroup) -> io::Result<process::Started> {
        let mut command = Command::new(RUNNER);
        command.args(["--printed", &spec.limits.output_bytes.to_string()]);
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", "/home/job").env("LANG", "C.UTF-8");
        process::start(command, &spec.limits, cgroup.entrances())
    }
}

#[async_trait]
impl Sandbox for NoSandbox {
    async fn run(&self, spec: &JobSpec, prepared: Prepared, channels: RunningJob) -> Result<JobOutcome, SandboxError> {
        fs::create_dir_all(&self.settings.work)?;
        let scratch = tempfile::Builder::new().prefix("job-").tempdir_in(&self.settings.work)?;
        let paths = Paths::lay(&self.settings, spec, &prepared, scratch.path()).map_err(unavailable)?;
        let since = Instant::now();
        let memory_bytes = spec.limits.memory_bytes;
        let cgroup = Cgroup::make(&id::fresh(), Bounds { memory_bytes, processes: spec.limits.processes.saturating_add(4) });
        let started = self.start(spec, &cgroup)?;
        let output = prepared.output.clone();
        let outcome = supervise::follow(Watched { spec, started, cgroup, output, since, memory_bytes }, channels).await;
        drop(paths);
        outcome
    }

    async fn describe(&self) -> SandboxReport {
        let guarantees = ["network", "files", "processes", "user", "system calls", "sides apart"];
        let none = |name: &str| (name.to_owned(), false, "not isolated".to_owned());
        SandboxReport {
            name: "none".into(),
            usable: true,
            guarantees: guarantees.map(none).to_vec(),
            advice: "Jobs run without isolation: run only code that you trust, or install bubblewrap.".into(),
        }
    }
}

fn unavailable(error: io::Error) -> SandboxError {
    SandboxError::Unavailable {
        reason: format!("/job and /whet can't be laid out for a job without isolation: {error}"),
        advice: "Run as a user who may make them, as in a container, with a data folder outside /tmp, or install bubblewrap.".into(),
    }
}

/// The job's paths at the real root; removed when dropped.
struct Paths {
    _lock: File,
}

impl Paths {
    fn lay(settings: &Settings, spec: &JobSpec, prepared: &Prepared, scratch: &Path) -> io::Result<Self> {
        if let Some(folder) = FOLDERS.iter().find(|folder| Path::new(folder).exists() && !Path::new(MARK).exists()) {
            return Err(io::Error::other(format!("{folder} is there and was not made for jobs")));
        }
        if settings.work.starts_with("/tmp") {
            return Err(io::Error::other(format!("{} lies in /tmp, of which every command sees its own", settings.work.display())));
        }
        fs::create_dir_all("/whet")?;
        let lock = File::create(MARK)?;
        lock.try_lock().map_err(|_| io::Error::other("another job runs without isolation"))?;
        let paths = Self { _lock: lock };
        clear();
        for folder in ["/job/in", "/home/job", TREE] {
            fs::create_dir_all(folder)?;
        }
        let plan = scratch.join("plan.json");
        fs::write(&plan, serde_json::to_vec(&spec.plan)?)?;
        let writable = scratch.join("scratch");
        fs::create_dir(&writable)?;
        let mut links: Vec<(PathBuf, PathBuf)> = prepared.inputs.clone();
        links.push((plan, PLAN_FILE.into()));
        links.push((prepared.output.clone(), JOB_OUT.into()));
        links.push((settings.runner.clone(), RUNNER.into()));
        links.push((settings.harnesses.join(&spec.toolchain.language), HARNESS.into()));
        links.push((writable, "/whet/scratch".into()));
        links.extend(prepared.proxy.clone().map(|socket| (socket, PROXY_SOCKET.into())));
        for (host, path) in links {
            symlink(host, path)?;
        }
        for folder in [ENVIRONMENT, TOOLS, SOLVER] {
            let is_input = Path::new(folder).exists();
            if matches!(spec.plan, Plan::Prepare(_)) && !is_input {
                fs::create_dir(folder)?;
            }
        }
        Ok(paths)
    }
}

impl Drop for Paths {
    fn drop(&mut self) {
        clear();
    }
}

/// Removes what a job, or one of a killed process, left at the root. Links are removed, not followed.
fn clear() {
    for folder in FOLDERS {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name() != ".lock") {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let removed = if is_folder { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
            if let Err(error) = removed {
                tracing::warn!(path = %entry.path().display(), %error, "a path of a job without isolation is left");
            }
        }
    }
}
