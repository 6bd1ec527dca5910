//! What children used, and making sure that none is left.

use std::{fs, io, time::Duration};

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use whetstone_core::job::Resources;

/// How a waited-for child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Exited(i32),
    Signalled(i32),
}

impl Ended {
    /// The status as a shell gives it: 128 + signal number where a signal ended the child.
    pub fn status(self) -> i32 {
        match self {
            Self::Exited(status) => status,
            Self::Signalled(signal) => 128 + signal,
        }
    }
}

/// What a child and those descendants that it waited for used, but for wall time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    pub cpu_user: Duration,
    pub cpu_system: Duration,
    /// The largest resident size of one process.
    pub peak_memory_bytes: u64,
    pub read_bytes: u64,
    pub written_bytes: u64,
    pub voluntary_switches: u64,
    pub involuntary_switches: u64,
}

impl Usage {
    /// User and system time together.
    pub fn cpu(&self) -> Duration {
        self.cpu_user + self.cpu_system
    }

    /// As jobs report it.
    pub fn resources(&self, wall: Duration) -> Resources {
        Resources {
            wall_s: wall.as_secs_f64(),
            cpu_user_s: self.cpu_user.as_secs_f64(),
            cpu_system_s: self.cpu_system.as_secs_f64(),
            peak_memory_bytes: self.peak_memory_bytes,
            read_bytes: self.read_bytes,
            written_bytes: self.written_bytes,
            voluntary_switches: self.voluntary_switches,
            involuntary_switches: self.involuntary_switches,
        }
    }
}

impl From<libc::rusage> for Usage {
    fn from(raw: libc::rusage) -> Self {
        // Sizes are in KiB and blocks in units of 512 bytes (getrusage(2)).
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        Self {
            cpu_user: duration(raw.ru_utime),
            cpu_system: duration(raw.ru_stime),
            peak_memory_bytes: count(raw.ru_maxrss) * 1024,
            read_bytes: count(raw.ru_inblock) * 512,
            written_bytes: count(raw.ru_oublock) * 512,
            voluntary_switches: count(raw.ru_nvcsw),
            involuntary_switches: count(raw.ru_nivcsw),
        }
    }
}

fn duration(time: libc::timeval) -> Duration {
    let part = |value: i64| u64::try_from(value).unwrap_or(0);
    Duration::from_secs(part(time.tv_sec)) + Duration::from_micros(part(time.tv_usec))
}

/// Waits for the child `pid` and tells what it used over its whole life.
///
/// # Errors
/// If `pid` is no child of this process, or was waited for before.
pub fn wait(pid: Pid) -> io::Result<(Ended, Usage)> {
    loop {
        let mut status = 0;
        // SAFETY: an all-zero `rusage` is a valid value, and both pointers are to live locals.
        #[allow(unsafe_code)]
        let (waited, usage) = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            (libc::wait4(pid.as_raw(), &raw mut status, 0, &raw mut usage), usage)
        };
        if waited == pid.as_raw() {
            let signalled = libc::WIFSIGNALED(status);
            let ended = if signalled { Ended::Signalled(libc::WTERMSIG(status)) } else { Ended::Exited(libc::WEXITSTATUS(status)) };
            return Ok((ended, usage.into()));
        }
        match Errno::last() {
            Errno::EINTR => {}
            error => return Err(error.into()),
        }
    }
}

/// Kills the process group of a child.
pub fn kill_group(leader: Pid) {
    signal_group(leader, Signal::SIGKILL);
}

/// Sends a signal to a process group.
pub fn signal_group(leader: Pid, signal: Signal) {
    // It may be gone already, which is what is wanted.
    let _ = killpg(leader, signal);
}

/// Kills and reaps every child of this process that is not in `keep`: what commands left behind
/// reaches the runner as the reaper of orphans. Tells how many there were.
pub fn reap_strays(keep: &[Pid]) -> usize {
    let mut reaped = 0;
    // Killing an orphan may hand on its own children; more rounds than processes are not needed.
    for _ in 0..10_000 {
        let strays: Vec<Pid> = children().into_iter().filter(|pid| !keep.contains(pid)).collect();
        if strays.is_empty() {
            break;
        }
        for pid in strays {
            let _ = kill(pid, Signal::SIGKILL);
            reaped += usize::from(wait(pid).is_ok());
        }
    }
    reaped
}

/// The processes whose parent this process is.
fn children() -> Vec<Pid> {
    let parent = std::process::id().to_string();
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    numbers.filter(|pid| parent_of(*pid).is_some_and(|found| found == parent)).map(Pid::from_raw).collect()
}

fn parent_of(pid: i32) -> Option<String> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    // The name stands in parentheses and may itself hold any character.
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_whitespace().nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    // The subject waits for it.
    #[allow(clippy::zombie_processes)]
    fn start(script: &str) -> Pid {
        let child = Command::new("/bin/sh").args(["-c", script]).spawn().expect("a shell is there");
        Pid::from_raw(child.id() as i32)
    }

    #[test]
    fn a_status_tells_exits_from_signals() {
        assert_eq!(wait(start("exit 7")).expect("a child").0, Ended::Exited(7));
        let (ended, _) = wait(start("kill -9 $$")).expect("a child");
        assert_eq!(ended.status(), 137);
    }

    #[test]
    fn cpu_of_grandchildren_that_were_waited_for_counts() {
        let (_, usage) = wait(start("sh -c 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done'; true")).expect("a child");
        assert!(usage.cpu() > Duration::from_millis(5), "{usage:?}");
        assert!(usage.peak_memory_bytes > 100_000, "{usage:?}");
    }
}
