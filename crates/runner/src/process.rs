//! Running one confined command to its end, with bounded time and output.

use std::{
    io::{self, Read},
    os::fd::{AsFd, FromRawFd, OwnedFd},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::Signal,
    unistd::Pid,
};
use sha2::{Digest as _, Sha256};
use whetstone_core::plan::workload::Captured;

use crate::accounting::{self, Usage};

/// Bytes of each stream that are kept: its end.
pub const TAIL: usize = 64 * 1024;

/// How a command ended and what it said.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Exit status; 128 + signal number where a signal ended it; -1 where the time ran out.
    pub exit: i32,
    pub timed_out: bool,
    /// The command was killed because it printed more than it may.
    pub printed_too_much: bool,
    pub stdout: Captured,
    pub stderr: Captured,
    pub wall: Duration,
    pub usage: Usage,
}

/// Bounds on one command.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub timeout: Duration,
    /// Bytes that both streams together may carry.
    pub printed_bytes: u64,
    /// No other child of this process lives: all that are left when the command ends are its own.
    pub alone: bool,
    /// The command is stopped again and again, so that its clocks go on without it.
    pub slowed: bool,
}

/// How long a slowed command runs between two stops, how long a stop is, and how many there are.
const BETWEEN_STOPS: Duration = Duration::from_millis(10);
const STOP: Duration = Duration::from_millis(30);
const STOPS: usize = 300;

/// Runs `command`, which must be a process group leader (as [`crate::guard::confine`] makes it), to
/// its end. When it ends or its time is up, its whole group and everything that it left behind is
/// killed (what left the group only where it runs `alone`); its standard input is empty.
///
/// # Errors
/// If it cannot be started.
pub fn run(command: &mut Command, bounds: Bounds) -> io::Result<Finished> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = command.spawn()?;
    let pid = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    let printed = Arc::new(Printed { left: AtomicU64::new(bounds.printed_bytes), group: pid });
    let stdout = child.stdout.take().map(|stream| capture(stream, Arc::clone(&printed)));
    let stderr = child.stderr.take().map(|stream| capture(stream, Arc::clone(&printed)));
    let in_time = if bounds.slowed { wait_slowing(pid, bounds.timeout) } else { wait_readable(pid, bounds.timeout) };
    if !matches!(in_time, Ok(true)) {
        accounting::kill_group(pid);
    }
    let (ended, usage) = accounting::wait(pid)?;
    let wall = started.elapsed();
    accounting::kill_group(pid);
    if bounds.alone {
        accounting::reap_strays(&[]);
    }
    let timed_out = !in_time?;
    let join = |reader: Option<thread::JoinHandle<Captured>>| reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
    let (stdout, stderr) = (join(stdout), join(stderr));
    let exit = if timed_out { -1 } else { ended.status() };
    let printed_too_much = printed.left.load(Ordering::Relaxed) == 0;
    Ok(Finished { exit, timed_out, printed_too_much, stdout, stderr, wall, usage })
}

/// As [`wait_readable`], with the child's group stopped in between.
fn wait_slowing(pid: Pid, timeout: Duration) -> io::Result<bool> {
    let deadline = Instant::now() + timeout;
    for _ in 0..STOPS {
        if wait_readable(pid, BETWEEN_STOPS)? {
            return Ok(true);
        }
        accounting::signal_group(pid, Signal::SIGSTOP);
        thread::sleep(STOP);
        accounting::signal_group(pid, Signal::SIGCONT);
    }
    wait_readable(pid, deadline.saturating_duration_since(Instant::now()))
}

/// Waits until the child has ended; false if `timeout` passes first. The child stays to be reaped.
fn wait_readable(pid: Pid, timeout: Duration) -> io::Result<bool> {
    // SAFETY: the call takes no pointers; a result that is not negative is a descriptor of ours.
    #[allow(unsafe_code)]
    let descriptor = unsafe {
        let raw = libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0);
        if raw < 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedFd::from_raw_fd(i32::try_from(raw).map_err(io::Error::other)?)
    };
    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // Rounded up, so that the last wait does not spin.
        let milliseconds = i32::try_from(left.as_millis() + 1).unwrap_or(i32::MAX);
        let mut waited = [PollFd::new(descriptor.as_fd(), PollFlags::POLLIN)];
        match poll(&mut waited, PollTimeout::try_from(milliseconds).unwrap_or(PollTimeout::MAX)) {
            Ok(0) if Instant::now() >= deadline => return Ok(false),
            Ok(0) | Err(nix::Error::EINTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
}

/// What the streams of one command may still carry; at 0 its group is killed.
struct Printed {
    left: AtomicU64,
    group: Pid,
}

impl Printed {
    fn take(&self, bytes: u64) {
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(bytes)));
        if before.unwrap_or(0) <= bytes {
            accounting::kill_group(self.group);
        }
    }
}

fn capture(mut stream: impl Read + Send + 'static, printed: Arc<Printed>) -> thread::JoinHandle<Captured> {
    thread::spawn(move || {
        let (mut hasher, mut bytes, mut tail) = (Sha256::new(), 0u64, Vec::new());
        let mut buffer = vec![0u8; TAIL];
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            let piece = &buffer[..read];
            hasher.update(piece);
            bytes += read as u64;
            tail.extend_from_slice(piece);
            if tail.len() > 2 * TAIL {
                tail.drain(..tail.len() - TAIL);
            }
            printed.take(read as u64);
        }
        let end = &tail[tail.len().saturating_sub(TAIL)..];
        Captured { tail: String::from_utf8_lossy(end).into_owned(), bytes, sha256: hex::encode(hasher.finalize()) }
    })
}

/// The last `count` lines of a stream, for messages.
pub fn last_lines(captured: &Captured, count: usize) -> String {
    let lines: Vec<&str> = captured.tail.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;

    use super::*;

    fn shell(script: &str, bounds: Bounds) -> Finished {
        run(Command::new("/bin/sh").args(["-c", script]).process_group(0), bounds).expect("a shell is there")
    }

    const WIDE: Bounds = Bounds { timeout: Duration::from_secs(60), printed_bytes: 1 << 30, alone: false, slowed: false };

    #[test]
    fn streams_are_kept_apart_counted_and_hashed() {
        let finished = shell("printf one; printf two >&2; exit 4", WIDE);
        assert_eq!((finished.exit, finished.stdout.tail.as_str(), finished.stderr.tail.as_str()), (4, "one", "two"));
        assert_eq!(finished.stdout.sha256, whetstone_core::Digest::of(b"one").as_str());
        assert_eq!(finished.stderr.bytes, 3);
    }

    #[test]
    fn time_is_bounded_though_signals_are_ignored_and_children_linger() {
        let bounds = Bounds { timeout: Duration::from_millis(200), ..WIDE };
        let finished = shell("trap '' TERM INT; sleep 600 & while :; do :; done", bounds);
        assert!(finished.timed_out);
        assert_eq!(finished.exit, -1);
        assert!(finished.wall < Duration::from_secs(20));
    }

    #[test]
    fn a_slowed_command_takes_longer_by_the_clock_only() {
        let script = "n=0; while [ $n -lt 200000 ]; do n=$((n+1)); done";
        let (plain, slowed) = (shell(script, WIDE), shell(script, Bounds { slowed: true, ..WIDE }));
        let waited = |finished: &Finished| finished.wall.saturating_sub(finished.usage.cpu());
        assert_eq!(slowed.exit, 0);
        assert!(waited(&slowed) > waited(&plain) + STOP, "{:?} and {:?}", waited(&slowed), waited(&plain));
    }

    #[test]
    fn endless_output_is_cut_and_its_end_kept() {
        let finished = shell("while :; do echo 0123456789; done", Bounds { printed_bytes: 300_000, ..WIDE });
        assert!(finished.printed_too_much);
        assert!(finished.stdout.bytes >= 300_000);
        assert!(finished.stdout.tail.len() <= TAIL);
    }

    #[test]
    fn a_background_child_does_not_hold_the_command_open() {
        let finished = shell("sleep 600 & echo done", WIDE);
        assert_eq!(finished.stdout.tail, "done\n");
        assert!(finished.wall < Duration::from_secs(30));
    }
}
