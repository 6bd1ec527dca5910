//! Jobs in bubblewrap: own namespaces, no network, a read-only root of system folders, toolchain
//! and inputs, a cleared environment, and limits.

mod arguments;
mod probe;

use std::{
    fs, io,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Instant,
};

use async_trait::async_trait;
use whetstone_core::{
    id,
    job::{JobOutcome, JobSpec},
    port::{RunningJob, Sandbox, SandboxError, SandboxReport, sandbox::Prepared},
};

use crate::{
    Settings,
    cgroup::{Bounds, Cgroup},
    machine, process,
    supervise::{self, Watched},
};

/// First and number of the numeric users that jobs started by root run under; no account has them.
const USERS: (u32, u32) = (1_879_048_192, 65_536);

/// Runs jobs in bubblewrap.
pub struct Bubblewrap {
    program: PathBuf,
    settings: Settings,
    next_user: AtomicU32,
}

impl Bubblewrap {
    /// Uses the `bwrap` on the search path.
    pub fn new(settings: Settings) -> Self {
        Self::with_program("bwrap".into(), settings)
    }

    /// Uses a certain `bwrap`.
    pub fn with_program(program: PathBuf, settings: Settings) -> Self {
        Cgroup::sweep();
        // Two processes' jobs rarely meet under one user; where they do, only the process limit is shared.
        Self { program, settings, next_user: AtomicU32::new(std::process::id()) }
    }

    /// A user of its own for a job; none where this process cannot give one.
    fn user(&self) -> Option<u32> {
        let (first, count) = USERS;
        machine::is_root().then(|| first + self.next_user.fetch_add(1, Ordering::Relaxed) % count)
    }

    fn start(&self, spec: &JobSpec, prepared: &Prepared, folder: &Path, cgroup: &Cgroup) -> Result<process::Started, SandboxError> {
        let user = self.user();
        // Whether or not root unpacked it, the runner must read its plan.
        write_readable(&folder.join("plan.json"), &serde_json::to_vec(&spec.plan).map_err(io::Error::other)?)?;
        arguments::write_accounts(folder, user)?;
        if let Some(user) = user {
            chown(&prepared.output, Some(user), Some(user))?;
        }
        let arguments = arguments::of(&self.settings, spec, prepared, folder, user)?;
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
        process::start(command, &spec.limits, cgroup.entrances()).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => probe::missing(&self.program),
            _ => SandboxError::Io(error),
        })
    }
}

#[async_trait]
impl Sandbox for Bubblewrap {
    async fn run(&self, spec: &JobSpec, prepared: Prepared, channels: RunningJob) -> Result<JobOutcome, SandboxError> {
        fs::create_dir_all(&self.settings.work)?;
        let folder = tempfile::Builder::new().prefix("job-").tempdir_in(&self.settings.work)?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let since = Instant::now();
        let memory_bytes = spec.limits.memory_bytes + arguments::scratch_bytes(spec) * arguments::scratches(spec);
        let bounds = Bounds { memory_bytes, processes: spec.limits.processes.saturating_add(arguments::OWN_PROCESSES) };
        let cgroup = Cgroup::make(&id::fresh(), bounds);
        let started = self.start(spec, &prepared, folder.path(), &cgroup)?;
        let output = prepared.output.clone();
        let outcome = supervise::follow(Watched { spec, started, cgroup, output, since, memory_bytes }, channels).await?;
        probe::refused(outcome)
    }

    async fn describe(&self) -> SandboxReport {
        probe::report(&self.program).await
    }
}

fn write_readable(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(path, bytes)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o444))
}
