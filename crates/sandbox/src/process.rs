//! Starting a job's first process and learning how it ended.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{ChildStderr, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use nix::sys::resource::{Resource, setrlimit};
use tokio::sync::oneshot;
use whetstone_core::job::Limits;

/// A started job.
pub struct Started {
    pub pid: u32,
    pub stdin: ChildStdin,
    pub stdout: ChildStdout,
    pub stderr: ChildStderr,
    /// Yields how it ended.
    pub ended: oneshot::Receiver<Ended>,
}

/// How the first process ended and what it and all it waited for used.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    pub exit: Option<i32>,
    pub signal: Option<i32>,
    pub cpu_user: Duration,
    pub cpu_system: Duration,
    pub peak_memory_bytes: u64,
    pub read_bytes: u64,
    pub written_bytes: u64,
    pub voluntary_switches: u64,
    pub involuntary_switches: u64,
}

/// Starts `command` within `limits` and in the control groups whose `cgroup.procs` are `entrances`.
///
/// The starting thread lives as long as the process: a death signal fires when the *thread* that
/// asked for it ends, and threads of an executor come and go.
///
/// # Errors
/// If it cannot be started.
pub fn start(mut command: Command, limits: &Limits, entrances: Vec<PathBuf>) -> io::Result<Started> {
    let entrances: Vec<File> = entrances.iter().map(|path| OpenOptions::new().write(true).open(path)).collect::<io::Result<_>>()?;
    let (cpu, file) = (limits.cpu.as_secs().saturating_add(1), limits.disk_bytes.max(limits.output_bytes));
    let enter = move || {
        for entrance in &entrances {
            nix::unistd::write(entrance, b"0")?;
        }
        setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
        setrlimit(Resource::RLIMIT_CPU, cpu, cpu)?;
        setrlimit(Resource::RLIMIT_FSIZE, file, file)?;
        setrlimit(Resource::RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES)?;
        Ok(())
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    // SAFETY: between fork and exec the closure only makes system calls on values built before.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(enter);
    }
    let (to_caller, from_thread) = std::sync::mpsc::channel();
    let (ending, ended) = oneshot::channel();
    thread::Builder::new().name("whet-job".into()).spawn(move || {
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                let _ = to_caller.send(Err(error));
                return;
            }
        };
        let pid = child.id();
        let _ = to_caller.send(Ok((pid, child.stdin.take(), child.stdout.take(), child.stderr.take())));
        if let Ok(outcome) = wait(pid) {
            // The supervisor may have given up.
            let _ = ending.send(outcome);
        }
    })?;
    let (pid, stdin, stdout, stderr) = from_thread.recv().map_err(io::Error::other)??;
    let missing = || io::Error::other("a piped stream is missing");
    Ok(Started { pid, stdin: stdin.ok_or_else(missing)?, stdout: stdout.ok_or_else(missing)?, stderr: stderr.ok_or_else(missing)?, ended })
}

const OPEN_FILES: u64 = 4096;

fn wait(pid: u32) -> io::Result<Ended> {
    let pid = i32::try_from(pid).map_err(io::Error::other)?;
    loop {
        let mut status = 0;
        // SAFETY: an all-zero `rusage` is a valid value, and both pointers are to live locals.
        #[allow(unsafe_code)]
        let (waited, usage) = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            (libc::wait4(pid, &raw mut status, 0, &raw mut usage), usage)
        };
        if waited == pid {
            return Ok(ended(status, &usage));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

fn ended(status: i32, usage: &libc::rusage) -> Ended {
    // Sizes are in KiB and blocks in units of 512 bytes (getrusage(2)).
    let count = |value: i64| u64::try_from(value).unwrap_or(0);
    let duration = |time: libc::timeval| Duration::from_secs(count(time.tv_sec)) + Duration::from_micros(count(time.tv_usec));
    Ended {
        exit: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
        signal: libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status)),
        cpu_user: duration(usage.ru_utime),
        cpu_system: duration(usage.ru_stime),
        peak_memory_bytes: count(usage.ru_maxrss) * 1024,
        read_bytes: count(usage.ru_inblock) * 512,
        written_bytes: count(usage.ru_oublock) * 512,
        voluntary_switches: count(usage.ru_nvcsw),
        involuntary_switches: count(usage.ru_nivcsw),
    }
}
