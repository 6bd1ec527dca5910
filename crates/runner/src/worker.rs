//! One worker: a confined process of one side that answers requests over two pipes.
//!
//! A frame is a little-endian `u32` length of what follows, one byte (the operation, or 0 for an
//! answer and 1 for an error told by the worker), and the payload. Whatever a worker says is a claim
//! of the code under test: it is bounded in size and time here, and compared as bytes elsewhere.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, AsRawFd, OwnedFd},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, FdFlag, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    unistd::{Pid, pipe2},
};
use serde::Deserialize;
use whetstone_core::{
    plan::{HARNESS, SOLVER, Start, TOOLS},
    target::TargetSite,
};

use crate::{SCRATCH, accounting, environment, guard, guard::Confinement, sides::Side};

/// Operations that every worker answers; those from 16 on belong to timing.
pub mod operation {
    pub const LOAD: u8 = 1;
    pub const CALL: u8 = 2;
    pub const SEQUENCE: u8 = 3;
    pub const CHALLENGE: u8 = 4;
    pub const STATE: u8 = 6;
    pub const BRANCHES: u8 = 7;
    pub const GENERATE: u8 = 8;
    pub const MEMORY: u8 = 9;
    pub const DESCRIBE: u8 = 5;
    pub const SOLVE: u8 = 10;
    pub const ALLOW: u8 = 11;
    /// Of a helper that makes values, no worker's.
    pub const VALUES: u8 = 11;
}

/// Bounds of one worker, and where its parts lie.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Wall time for starting and loading the target's module.
    pub load: Duration,
    /// Bytes of one answer.
    pub answer_bytes: usize,
    /// Folder in which the worker's own scratch is made.
    pub scratch: PathBuf,
    /// Folder that holds `whet_harness`.
    pub harness: PathBuf,
    /// Modules that are imported before the repository's code.
    pub preload: Vec<String>,
    /// Modules that inputs name: imported with the target, so that the first call that needs one is not charged.
    pub named: Vec<String>,
    /// Folders that hold the tools and the solver, where there are any.
    pub tools: PathBuf,
    pub solver: PathBuf,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            load: Duration::from_secs(60),
            answer_bytes: 256 << 20,
            scratch: SCRATCH.into(),
            harness: HARNESS.into(),
            preload: Vec::new(),
            named: Vec::new(),
            tools: TOOLS.into(),
            solver: SOLVER.into(),
        }
    }
}

/// Why a worker gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkerError {
    #[error("the worker could not be started: {0}")]
    Start(String),
    #[error("the worker ended: {0}")]
    Died(String),
    #[error("no answer within {0:.1?}")]
    TimedOut(Duration),
    /// The worker itself told an error.
    #[error("{0}")]
    Refused(String),
    #[error("the worker broke the protocol: {0}")]
    Protocol(String),
}

impl WorkerError {
    /// Makes the error of a worker whose answer makes no sense.
    pub fn protocol(message: impl Into<String>) -> Self {
        Self::Protocol(message.into())
    }
}

/// A worker's clocks in nanoseconds, read from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// CPU time of the process, all threads.
    pub cpu_ns: u64,
    /// Monotonic time.
    pub wall_ns: u64,
    /// Time that the main thread waited in a run queue.
    pub queue_ns: u64,
}

/// What a worker used from start to end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LifeUsage {
    /// CPU time, descendants that were waited for included.
    pub cpu_ns: u64,
    pub peak_memory_bytes: u64,
}

/// What a worker proved when it loaded its target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Loaded {
    /// The file that the target was loaded from, and its digest, as seen by the worker.
    pub file: String,
    pub sha256: String,
    /// What loading changed in the process: each a name and a value.
    pub changes: Vec<Vec<String>>,
}

/// A running worker. Dropping it kills its whole process group and removes its scratch.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    requests: Option<File>,
    answers: File,
    clock: libc::clockid_t,
    answer_bytes: usize,
    loaded: Loaded,
    stopped: bool,
    /// Ends any wait for an answer when it is set.
    cancelled: Option<Arc<AtomicBool>>,
    _scratch: tempfile::TempDir,
}

impl Worker {
    /// Starts a worker on a side; when this returns it has loaded the target and proved its file.
    ///
    /// # Errors
    /// If the process can't be started, or the target's module doesn't load from the side's tree.
    pub fn start(start: &Start, side: &Side, hash_seed: u32, target: &TargetSite, limits: &Limits) -> Result<Self, WorkerError> {
        let digest = side.digest_of(&target.file).map_err(|error| WorkerError::Start(format!("{}: {error}", target.file)))?;
        let mut worker = Self::spawn(start, side.root.clone(), hash_seed, limits)?;
        let tree = Confinement::new(side.root.clone(), &limits.scratch).tree();
        let paths: Vec<String> = start.source_roots.iter().map(|root| root_path(&tree.display().to_string(), root)).collect();
        let request = serde_json::json!({
            "target": {"name": target.name.to_string(), "file": target.file},
            "tree": tree, "paths": paths, "sha256": digest.as_str(), "preload": limits.preload, "named": limits.named,
        });
        let answer = worker.request(operation::LOAD, request.to_string().as_bytes(), limits.load)?;
        worker.loaded = serde_json::from_slice(&answer).map_err(|error| WorkerError::protocol(error.to_string()))?;
        if worker.loaded.sha256 != digest.as_str() {
            return Err(WorkerError::protocol("the loaded target's file is not the side's"));
        }
        Ok(worker)
    }

    /// Starts a process that holds no code of any repository: it makes values by tools, and loads nothing.
    ///
    /// # Errors
    /// If the process can't be started.
    pub fn start_helper(start: &Start, hash_seed: u32, limits: &Limits) -> Result<Self, WorkerError> {
        let failed = |error: io::Error| WorkerError::Start(error.to_string());
        let nothing = limits.scratch.join("nothing");
        std::fs::create_dir_all(&nothing).map_err(failed)?;
        let tools = serde_json::json!(limits.tools).to_string();
        let program = |read, write| format!("from whet_harness.strategies import main; main({read}, {write}, {tools})");
        // Without `site`: what an environment installed is not even looked at.
        Self::spawn_program(&bare(start), nothing, hash_seed, limits, &["-S", "-s", "-c"], program)
    }

    fn spawn(start: &Start, root: PathBuf, hash_seed: u32, limits: &Limits) -> Result<Self, WorkerError> {
        let program = |read, write| format!("from whet_harness.worker import main; main({read}, {write})");
        Self::spawn_program(start, root, hash_seed, limits, &["-s", "-c"], program)
    }

    fn spawn_program(
        start: &Start,
        root: PathBuf,
        hash_seed: u32,
        limits: &Limits,
        arguments: &[&str],
        program: impl Fn(i32, i32) -> String,
    ) -> Result<Self, WorkerError> {
        let failed = |error: io::Error| WorkerError::Start(error.to_string());
        let scratch = tempfile::Builder::new().prefix("worker-").tempdir_in(&limits.scratch).map_err(failed)?;
        let confinement = Confinement::new(root, scratch.path()).with_interpreter(&start.interpreter);
        let confinement = [&limits.harness, &limits.tools, &limits.solver].into_iter().fold(confinement, Confinement::with_readable);
        let (requests_read, requests_write) = pipe2(OFlag::O_CLOEXEC).map_err(|error| failed(error.into()))?;
        let (answers_read, answers_write) = pipe2(OFlag::O_CLOEXEC).map_err(|error| failed(error.into()))?;
        let mut command = Command::new(&start.interpreter);
        let (read, write) = (requests_read.as_raw_fd(), answers_write.as_raw_fd());
        command.args(arguments).arg(program(read, write));
        command.env_clear().envs(environment::of(start, &confinement.tree(), Some(hash_seed), &[])).env("PYTHONPATH", &limits.harness);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        guard::confine(&mut command, &confinement).map_err(failed)?;
        keep_open(&mut command, read, write);
        let child = command.spawn().map_err(|error| WorkerError::Start(format!("{}: {error}", start.interpreter)))?;
        drop((requests_read, answers_write));
        let clock = cpu_clock(child.id()).map_err(failed)?;
        let requests = Some(nonblocking(requests_write).map_err(failed)?);
        let answers = nonblocking(answers_read).map_err(failed)?;
        let (answer_bytes, loaded) = (limits.answer_bytes, Loaded::default());
        Ok(Self { child, requests, answers, clock, answer_bytes, loaded, stopped: false, cancelled: None, _scratch: scratch })
    }

    /// What the worker proved when it loaded.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// Lets every wait for an answer end as if its time were over once `cancelled` is set.
    pub fn cancel_by(&mut self, cancelled: Arc<AtomicBool>) {
        self.cancelled = Some(cancelled);
    }

    /// The worker's process.
    pub fn pid(&self) -> Pid {
        // Process ids fit into `pid_t` on every system that has one.
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Sends one request and waits for its answer.
    ///
    /// # Errors
    /// If the worker tells an error, dies, answers nothing by `deadline` or answers out of bounds;
    /// after anything but [`WorkerError::Refused`] the worker is of no more use.
    pub fn request(&mut self, operation: u8, payload: &[u8], deadline: Duration) -> Result<Vec<u8>, WorkerError> {
        self.request_within(operation, payload, deadline, deadline)
    }

    /// The same, where the worker may use at most `cpu` of processor time and `wall` of wall time: a
    /// busy machine alone makes no call too slow.
    ///
    /// # Errors
    /// As [`Self::request`].
    pub fn request_within(&mut self, operation: u8, payload: &[u8], cpu: Duration, wall: Duration) -> Result<Vec<u8>, WorkerError> {
        let cancelled = self.cancelled.clone();
        let cpu_until = (cpu < wall).then(|| clock_ns(self.clock).unwrap_or(0) + u64::try_from(cpu.as_nanos()).unwrap_or(u64::MAX));
        let patience = Patience { until: Instant::now() + wall, limit: cpu.min(wall), clock: self.clock, cpu_until, cancelled };
        self.exchange(operation, payload, &patience)
    }

    fn exchange(&mut self, operation: u8, payload: &[u8], patience: &Patience) -> Result<Vec<u8>, WorkerError> {
        let length = u32::try_from(payload.len() + 1).map_err(|_| WorkerError::protocol("a request larger than 4 GiB"))?;
        let mut frame = Vec::with_capacity(payload.len() + 5);
        frame.extend_from_slice(&length.to_le_bytes());
        frame.push(operation);
        frame.extend_from_slice(payload);
        self.send(&frame, patience)?;
        let head = self.receive(5, patience)?;
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if length == 0 || length > self.answer_bytes {
            return Err(WorkerError::protocol(format!("an answer of {length} bytes")));
        }
        let answer = self.receive(length - 1, patience)?;
        match head[4] {
            0 => Ok(answer),
            1 => Err(WorkerError::Refused(String::from_utf8_lossy(&answer).into_owned())),
            kind => Err(WorkerError::protocol(format!("an answer of kind {kind}"))),
        }
    }

    fn send(&mut self, mut bytes: &[u8], patience: &Patience) -> Result<(), WorkerError> {
        while !bytes.is_empty() {
            let Some(requests) = &self.requests else { return Err(WorkerError::protocol("the worker was stopped")) };
            match nix::unistd::write(requests, bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(Errno::EAGAIN) => patience.wait(requests.as_fd(), PollFlags::POLLOUT)?,
                Err(Errno::EINTR) => {}
                Err(Errno::EPIPE) => return Err(self.died()),
                Err(error) => return Err(WorkerError::Protocol(error.to_string())),
            }
        }
        Ok(())
    }

    fn receive(&mut self, count: usize, patience: &Patience) -> Result<Vec<u8>, WorkerError> {
        let mut bytes = vec![0; count];
        let mut at = 0;
        while at < count {
            match nix::unistd::read(&self.answers, &mut bytes[at..]) {
                Ok(0) => return Err(self.died()),
                Ok(read) => at += read,
                Err(Errno::EAGAIN) => patience.wait(self.answers.as_fd(), PollFlags::POLLIN)?,
                Err(Errno::EINTR) => {}
                Err(error) => return Err(WorkerError::Protocol(error.to_string())),
            }
        }
        Ok(bytes)
    }

    fn died(&mut self) -> WorkerError {
        for _ in 0..100 {
            if let Ok(Some(status)) = self.child.try_wait() {
                self.stopped = true;
                return WorkerError::Died(status.to_string());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        WorkerError::Died("it closed its line".into())
    }

    /// Reads the worker's clocks; zeros once it is gone.
    pub fn clocks(&self) -> Clocks {
        let wall_ns = clock_ns(libc::CLOCK_MONOTONIC).unwrap_or(0);
        let queue_ns = std::fs::read_to_string(format!("/proc/{}/schedstat", self.child.id()))
            .ok()
            .and_then(|text| text.split_whitespace().nth(1)?.parse().ok())
            .unwrap_or(0);
        Clocks { cpu_ns: clock_ns(self.clock).unwrap_or(0), wall_ns, queue_ns }
    }

    /// Threads that the worker has now, as the kernel counts them.
    pub fn threads(&self) -> u64 {
        std::fs::read_dir(format!("/proc/{}/task", self.child.id())).map_or(0, |entries| entries.count() as u64)
    }

    /// How often the main thread gave up its processor to wait for something; `None` where the kernel doesn't tell.
    pub fn waits(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse().ok())
    }

    /// Bytes of resident memory now, as the kernel counts them.
    pub fn resident_bytes(&self) -> u64 {
        std::fs::read_to_string(format!("/proc/{}/statm", self.child.id()))
            .ok()
            .and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok())
            .map_or(0, |pages| pages * 4096)
    }

    /// Hangs up, kills what is left of the worker and its group, and tells what it used.
    pub fn stop(mut self) -> LifeUsage {
        self.end().unwrap_or_default()
    }

    fn end(&mut self) -> Option<LifeUsage> {
        if std::mem::replace(&mut self.stopped, true) {
            return None;
        }
        drop(self.requests.take());
        // The worker leaves at once when its line ends; one that doesn't is killed.
        let limit = Duration::from_millis(500);
        let patience = Patience { until: Instant::now() + limit, limit, clock: self.clock, cpu_until: None, cancelled: None };
        let _ = patience.wait(self.answers.as_fd(), PollFlags::POLLIN);
        accounting::kill_group(self.pid());
        let (_, usage) = accounting::wait(self.pid()).ok()?;
        let cpu_ns = u64::try_from(usage.cpu().as_nanos()).unwrap_or(u64::MAX);
        Some(LifeUsage { cpu_ns, peak_memory_bytes: usage.peak_memory_bytes })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        accounting::kill_group(self.pid());
        if !std::mem::replace(&mut self.stopped, true) {
            // Its end was asked for just now; that it was waited for already is as good.
            let _ = self.child.wait();
        }
    }
}

/// A start without the enrollment's roots and variables.
fn bare(start: &Start) -> Start {
    Start { source_roots: Vec::new(), variables: Vec::new(), ..start.clone() }
}

fn root_path(tree: &str, root: &str) -> String {
    if root == "." || root.is_empty() { tree.to_owned() } else { format!("{tree}/{root}") }
}

/// Lets the two pipe ends survive the exec.
fn keep_open(command: &mut Command, read: i32, write: i32) {
    let enter = move || {
        for descriptor in [read, write] {
            // SAFETY: both descriptors are open in the child until the exec.
            #[allow(unsafe_code)]
            let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(descriptor) };
            fcntl(borrowed, FcntlArg::F_SETFD(FdFlag::empty()))?;
        }
        Ok(())
    };
    // SAFETY: the closure makes two system calls on integers.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(enter);
    }
}

fn nonblocking(descriptor: OwnedFd) -> io::Result<File> {
    fcntl(&descriptor, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(File::from(descriptor))
}

/// How long an answer may take.
struct Patience {
    until: Instant,
    /// What is told when it has run out.
    limit: Duration,
    clock: libc::clockid_t,
    cpu_until: Option<u64>,
    cancelled: Option<Arc<AtomicBool>>,
}

impl Patience {
    fn wait(&self, descriptor: std::os::fd::BorrowedFd<'_>, flags: PollFlags) -> Result<(), WorkerError> {
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            let cpu_spent = self.cpu_until.is_some_and(|until| clock_ns(self.clock).is_some_and(|now| now > until));
            let is_cancelled = self.cancelled.as_ref().is_some_and(|cancelled| cancelled.load(Ordering::Relaxed));
            if left.is_zero() || cpu_spent || is_cancelled {
                return Err(WorkerError::TimedOut(self.limit));
            }
            let slice = if self.cpu_until.is_some() || self.cancelled.is_some() { left.min(Duration::from_millis(20)) } else { left };
            let timeout = PollTimeout::try_from(slice + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
            match poll(&mut [PollFd::new(descriptor, flags)], timeout) {
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(WorkerError::Protocol(error.to_string())),
            }
        }
    }
}

fn cpu_clock(pid: u32) -> io::Result<libc::clockid_t> {
    let mut clock = 0;
    // SAFETY: the pointer is to a live local.
    #[allow(unsafe_code)]
    let status = unsafe { libc::clock_getcpuclockid(pid.cast_signed(), &raw mut clock) };
    if status == 0 { Ok(clock) } else { Err(io::Error::from_raw_os_error(status)) }
}

fn clock_ns(clock: libc::clockid_t) -> Option<u64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live local.
    #[allow(unsafe_code)]
    let status = unsafe { libc::clock_gettime(clock, &raw mut time) };
    (status == 0).then(|| u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0))
}
