//! Watching a started job: its records and controls, its limits, and how it ended.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{ChildStderr, ChildStdin, ChildStdout},
    sync::mpsc,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use whetstone_core::{
    job::{JobEnd, JobOutcome, JobSpec, Resources},
    plan::{EXIT_OUTPUT_TOO_LARGE, Plan},
    port::{RunningJob, SandboxError},
    record::{Control, Record},
};

use crate::{
    cgroup::Cgroup,
    machine,
    process::{Ended, Started},
};

/// How often limits that the kernel does not keep are looked at.
const WATCH: Duration = Duration::from_millis(250);
/// The same while something is being timed.
const WATCH_TIMING: Duration = Duration::from_secs(1);

/// How long the streams of a dead job may take to be read.
const DRAIN: Duration = Duration::from_secs(5);

/// Longest line that a runner may write.
const RECORD_BYTES: u64 = 64 << 20;

/// What of the runner's standard error is kept for messages.
const MESSAGE_BYTES: usize = 16 * 1024;
const MESSAGE_LINES: usize = 20;

/// Most files of a job's output.
const OUTPUT_FILES: u64 = 100_000;

/// What the supervisor must know besides the specification.
pub struct Watched<'a> {
    pub spec: &'a JobSpec,
    pub started: Started,
    pub cgroup: Cgroup,
    /// Host folder of `/job/out`.
    pub output: PathBuf,
    pub since: Instant,
    /// What must be looked at because no control group bounds it.
    pub memory_bytes: u64,
}

/// Why the supervisor ended a job.
#[derive(Clone, Debug)]
struct Stop {
    end: JobEnd,
    message: String,
}

impl Stop {
    fn new(end: JobEnd, message: impl Into<String>) -> Self {
        Self { end, message: message.into() }
    }
}

/// Follows a job to its end; nothing of it runs when this returns.
pub async fn follow(watched: Watched<'_>, channels: RunningJob) -> Result<JobOutcome, SandboxError> {
    let Watched { spec, started, cgroup, output, since, memory_bytes } = watched;
    let Started { pid, stdin, stdout, stderr, mut ended } = started;
    let RunningJob { records, controls, cancel } = channels;
    let writing = tokio::spawn(write_controls(ChildStdin::from_std(stdin)?, controls));
    let reading = tokio::spawn(read_records(ChildStdout::from_std(stdout)?, records));
    let saying = tokio::spawn(read_tail(ChildStderr::from_std(stderr)?));
    let wall = spec.limits.wall;
    let mut known = None;
    let stop = tokio::select! {
        biased;
        end = &mut ended => { known = Some(end.ok()); None }
        () = cancel.cancelled() => Some(Stop::new(JobEnd::Cancelled, "the job was cancelled")),
        () = sleep(wall) => Some(Stop::new(JobEnd::TimedOut, format!("the job took longer than its {:.1} s", wall.as_secs_f64()))),
        stop = watch_limits(spec, &cgroup, &output, pid, memory_bytes) => Some(stop),
    };
    let wall = since.elapsed();
    if known.is_none() {
        kill_job(pid, &cgroup);
    }
    empty(&cgroup).await;
    writing.abort();
    let ended = match known {
        Some(ended) => ended,
        None => ended.await.ok(),
    };
    let read = timeout(DRAIN, reading).await.ok().and_then(Result::ok).unwrap_or(Ok(()));
    let message = timeout(DRAIN, saying).await.ok().and_then(Result::ok).unwrap_or_default();
    let seen = Seen { ended, stop, memory_kills: cgroup.memory_kills(), output: folder_size(&output), message };
    let outcome = JobOutcome { resources: resources(seen.ended, &cgroup, wall), ..conclude(spec, &seen) };
    if outcome.end == JobEnd::Succeeded {
        read?;
    }
    Ok(outcome)
}

/// What is known at a job's end.
struct Seen {
    ended: Option<Ended>,
    stop: Option<Stop>,
    memory_kills: u64,
    output: Size,
    message: String,
}

/// Tells the ends apart.
fn conclude(spec: &JobSpec, seen: &Seen) -> JobOutcome {
    let exit = seen.ended.and_then(|ended| ended.exit);
    let outcome = |end, message: String| JobOutcome { end, exit, message, resources: Resources::default() };
    // A candidate that takes all memory is its own failure, which the runner judges; elsewhere a
    // process killed for memory decides the job.
    let judges_workers = matches!(spec.plan, Plan::Behaviour(_) | Plan::Timing(_) | Plan::Rerun(_) | Plan::RerunTiming(_));
    let ran_out_of_memory = seen.memory_kills > 0 && (exit != Some(0) || !judges_workers);
    if let Some(stop) = &seen.stop {
        return outcome(stop.end, stop.message.clone());
    }
    if ran_out_of_memory {
        let mebibytes = spec.limits.memory_bytes >> 20;
        return outcome(JobEnd::OutOfMemory, format!("the job needed more than its {mebibytes} MiB of memory"));
    }
    if exit == Some(EXIT_OUTPUT_TOO_LARGE.into()) {
        return outcome(JobEnd::OutputTooLarge, seen.message.clone());
    }
    if let Some(message) = seen.output.excess(spec.limits.output_bytes) {
        return outcome(JobEnd::OutputTooLarge, message);
    }
    match (exit, seen.ended.and_then(|ended| ended.signal)) {
        (Some(0), _) => outcome(JobEnd::Succeeded, seen.message.clone()),
        (Some(_), _) => outcome(JobEnd::Failed, seen.message.clone()),
        (None, Some(signal)) => outcome(JobEnd::Lost, format!("the sandbox was killed from outside by signal {signal}")),
        (None, None) => outcome(JobEnd::Lost, "the sandbox went away".into()),
    }
}

fn resources(ended: Option<Ended>, cgroup: &Cgroup, wall: Duration) -> Resources {
    let Some(ended) = ended else { return Resources { wall_s: wall.as_secs_f64(), ..Resources::default() } };
    let waited = ended.cpu_user + ended.cpu_system;
    // What was killed with the job was not waited for; the group has counted it.
    let missed = cgroup.cpu().map_or(Duration::ZERO, |cpu| cpu.saturating_sub(waited));
    Resources {
        wall_s: wall.as_secs_f64(),
        cpu_user_s: (ended.cpu_user + missed).as_secs_f64(),
        cpu_system_s: ended.cpu_system.as_secs_f64(),
        peak_memory_bytes: cgroup.peak_memory_bytes().unwrap_or(0).max(ended.peak_memory_bytes),
        read_bytes: ended.read_bytes,
        written_bytes: ended.written_bytes,
        voluntary_switches: ended.voluntary_switches,
        involuntary_switches: ended.involuntary_switches,
    }
}

/// Ends once a limit is passed that the kernel does not keep.
async fn watch_limits(spec: &JobSpec, cgroup: &Cgroup, output: &Path, pid: u32, memory_bytes: u64) -> Stop {
    let mut ticks = interval(if spec.timing { WATCH_TIMING } else { WATCH });
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // Without control groups, what all processes say of themselves has to do.
        let is_counted = cgroup.bounds_memory() && cgroup.cpu().is_some();
        let family = if is_counted { Vec::new() } else { machine::family(pid) };
        let cpu = cgroup.cpu().unwrap_or_else(|| family.iter().map(|process| process.cpu).sum());
        if cpu > spec.limits.cpu {
            return Stop::new(JobEnd::TimedOut, format!("the job used more than its {:.1} s of CPU", spec.limits.cpu.as_secs_f64()));
        }
        let folder = output.to_path_buf();
        let size = tokio::task::spawn_blocking(move || folder_size(&folder)).await.unwrap_or_default();
        if let Some(message) = size.excess(spec.limits.output_bytes) {
            return Stop::new(JobEnd::OutputTooLarge, message);
        }
        let resident: u64 = family.iter().map(|process| process.resident_bytes).sum();
        if !cgroup.bounds_memory() && resident > memory_bytes {
            let mebibytes = spec.limits.memory_bytes >> 20;
            return Stop::new(JobEnd::OutOfMemory, format!("the job needed more than its {mebibytes} MiB of memory"));
        }
    }
}

/// Kills the first process with its group; on its death everything in its namespace dies.
fn kill_job(pid: u32, cgroup: &Cgroup) {
    // Where there is neither namespace nor group, only parentage tells what belongs to the job.
    let family = if cgroup.entrances().is_empty() { machine::family(pid) } else { Vec::new() };
    let number = |pid: u32| i32::try_from(pid).ok().map(Pid::from_raw);
    // Any of them may be gone already, which is what is wanted.
    for member in family.into_iter().filter_map(|process| number(process.pid)) {
        let _ = kill(member, Signal::SIGKILL);
    }
    let _ = number(pid).map(|leader| killpg(leader, Signal::SIGKILL));
}

/// Kills whatever the control group still holds, and waits until it is gone.
async fn empty(cgroup: &Cgroup) {
    let since = Instant::now();
    while cgroup.kill_members() > 0 {
        if since.elapsed() > DRAIN {
            tracing::error!("a job's processes outlive SIGKILL");
            return;
        }
        // The kernel tells nobody when a group of version 1 is empty.
        sleep(Duration::from_millis(2)).await;
    }
}

async fn write_controls(mut to: ChildStdin, mut controls: mpsc::Receiver<Control>) {
    while let Some(control) = controls.recv().await {
        let Ok(mut line) = serde_json::to_vec(&control) else { continue };
        line.push(b'\n');
        if to.write_all(&line).await.is_err() {
            return;
        }
    }
}

async fn read_records(from: ChildStdout, records: mpsc::Sender<Record>) -> Result<(), SandboxError> {
    let mut from = BufReader::new(from);
    let mut outcome = Ok(());
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut from).take(RECORD_BYTES).read_until(b'\n', &mut line).await?;
        if read == 0 {
            return outcome;
        }
        match serde_json::from_slice(&line) {
            // A watcher that went away stops nobody.
            Ok(record) => drop(records.send(record).await),
            // The rest is read to its end, or the runner would wait for room for ever.
            Err(error) => outcome = Err(SandboxError::Protocol(error.to_string())),
        }
    }
}

/// The last lines of a stream that is read to its end.
async fn read_tail(mut from: ChildStderr) -> String {
    let mut tail = Vec::new();
    let mut buffer = vec![0u8; MESSAGE_BYTES];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        tail.extend_from_slice(&buffer[..read]);
        if tail.len() > 2 * MESSAGE_BYTES {
            tail.drain(..tail.len() - MESSAGE_BYTES);
        }
    }
    let text = String::from_utf8_lossy(&tail);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(MESSAGE_LINES)..].join("\n")
}

/// Bytes and files of a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    bytes: u64,
    files: u64,
}

impl Size {
    fn excess(self, most: u64) -> Option<String> {
        if self.bytes > most {
            return Some(format!("the job's output is larger than its {most} bytes"));
        }
        (self.files > OUTPUT_FILES).then(|| format!("the job's output has more than {OUTPUT_FILES} files"))
    }
}

/// The larger of length and blocks counts: neither holes nor tiny files hide anything.
fn folder_size(folder: &Path) -> Size {
    let mut size = Size::default();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(status) = entry.path().symlink_metadata() else { continue };
            size.files += 1;
            size.bytes += status.size().max(status.blocks() * 512);
            if status.is_dir() {
                pending.push(entry.path());
            }
            if size.files > OUTPUT_FILES {
                return size;
            }
        }
    }
    size
}
