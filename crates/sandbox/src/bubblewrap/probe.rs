//! Whether bubblewrap works here, and what it isolates.

use std::{io, path::Path, process::Stdio};

use tokio::process::Command;
use whetstone_core::{
    job::{JobEnd, JobOutcome},
    port::{SandboxError, SandboxReport},
};

use crate::{
    cgroup::{Bounds, Cgroup},
    machine,
};

const ADVICE: &str = "Install bubblewrap (`apt-get install bubblewrap`, `dnf install bubblewrap`) and allow user namespaces, \
                      or run without isolation, on code that you trust, by `--sandbox none`.";

/// The error where the program is not installed.
pub fn missing(program: &Path) -> SandboxError {
    SandboxError::Unavailable { reason: format!("{} is not installed", program.display()), advice: ADVICE.into() }
}

/// Turns bubblewrap's own failure into an error: then no job ran.
pub fn refused(outcome: JobOutcome) -> Result<JobOutcome, SandboxError> {
    let own = outcome.message.lines().rev().find_map(|line| line.strip_prefix("bwrap: "));
    match own {
        Some(reason) if outcome.end == JobEnd::Failed => {
            Err(SandboxError::Unavailable { reason: format!("bubblewrap could not set up the job: {reason}"), advice: ADVICE.into() })
        }
        _ => Ok(outcome),
    }
}

/// Describes the sandbox by trying it.
pub async fn report(program: &Path) -> SandboxReport {
    let tried = try_it(program).await;
    let usable = tried.is_ok();
    let bounds = Bounds { memory_bytes: 64 << 20, processes: 16 };
    let cgroup = Cgroup::make(&format!("probe-{}", whetstone_core::id::fresh()), bounds);
    let landlock = machine::landlock_version();
    let user = if machine::is_root() { "an unprivileged numeric user for each job" } else { "a user namespace" };
    let memory = if cgroup.bounds_memory() { "a control group for each job" } else { "watched from outside; no control group can be made" };
    let processes = if cgroup.bounds_processes() { "a control group for each job" } else { "a limit on the job's user" };
    let files = format!("each command's own mounts; Landlock version {landlock}");
    let guarantees = [
        ("network", usable, "own network namespace with loopback only"),
        ("files", usable, "read-only system folders and the job's inputs, nothing else of the host"),
        ("processes", usable, "own process namespace"),
        ("user", usable, user),
        ("system calls", usable, "no tracing, foreign memory, namespaces or mounts (seccomp)"),
        ("sides apart", usable, &files),
        ("memory limit", usable, memory),
        ("process limit", usable, processes),
    ];
    SandboxReport {
        name: "bubblewrap".into(),
        usable,
        guarantees: guarantees.map(|(name, holds, how)| (name.to_owned(), holds, how.to_owned())).to_vec(),
        advice: tried.err().map_or(String::new(), |reason| format!("{reason}. {ADVICE}")),
    }
}

async fn try_it(program: &Path) -> Result<(), String> {
    let arguments =
        ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "/bin/true"];
    let output = Command::new(program).args(arguments).env_clear().stdin(Stdio::null()).output().await;
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(format!("{} is not installed", program.display())),
        Err(error) => Err(error.to_string()),
    }
}
