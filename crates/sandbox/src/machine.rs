//! What the adapters read of the machine they run on.

use std::{fs, time::Duration};

/// Bytes of the machine's memory; 4 GiB where they cannot be read.
pub fn memory_bytes() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = total.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.map_or(4 << 30, |kibibytes| kibibytes * 1024)
}

/// Whether this process is root, who can give a job a user of its own.
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// The version of the kernel's Landlock interface; 0 where it has none.
pub fn landlock_version() -> i64 {
    const VERSION_FLAG: u32 = 1;
    // SAFETY: with this flag and no attributes the call only answers a number (landlock(7)).
    #[allow(unsafe_code)]
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0usize, VERSION_FLAG) };
    version.max(0)
}

/// One live process.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    pub pid: u32,
    parent: u32,
    pub resident_bytes: u64,
    /// CPU time of it and of the children that it waited for.
    pub cpu: Duration,
}

/// All descendants of `root`, and itself, as far as they live.
pub fn family(root: u32) -> Vec<Process> {
    let processes: Vec<Process> = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| process(&entry)).collect();
    let mut members = vec![root];
    let mut at = 0;
    while at < members.len() {
        let parent = members[at];
        members.extend(processes.iter().filter(|process| process.parent == parent && process.pid != parent).map(|process| process.pid));
        at += 1;
    }
    processes.into_iter().filter(|process| members.contains(&process.pid)).collect()
}

/// Reads one entry of `/proc` (proc_pid_stat(5)).
fn process(entry: &fs::DirEntry) -> Option<Process> {
    /// What Linux gives user space as a page and as a clock tick wherever this program runs.
    const PAGE: u64 = 4096;
    const TICKS: u32 = 100;
    let pid = entry.file_name().to_str()?.parse().ok()?;
    let text = String::from_utf8_lossy(&fs::read(entry.path().join("stat")).ok()?).into_owned();
    // The name stands in parentheses and may itself hold any character.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |field: usize| fields.get(field)?.parse::<u64>().ok();
    let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
    let parent = u32::try_from(number(1)?).ok()?;
    Some(Process { pid, parent, resident_bytes: number(21)? * PAGE, cpu: Duration::from_secs(ticks) / TICKS })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_a_size_and_the_machine_more() {
        let family = family(std::process::id());
        let own = family.iter().find(|process| process.pid == std::process::id()).expect("it lives");
        assert!(own.resident_bytes > 100_000, "{own:?}");
        assert!(memory_bytes() > own.resident_bytes);
    }
}
