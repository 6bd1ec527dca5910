//! What the adapters read of the machine they run on.

use std::fs;

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

/// Resident bytes of all descendants of `root`, and of itself.
pub fn resident_bytes(root: u32) -> u64 {
    family(root).into_iter().map(|(_, bytes)| bytes).sum()
}

/// All descendants of `root`, and itself.
pub fn descendants(root: u32) -> Vec<u32> {
    family(root).into_iter().map(|(pid, _)| pid).collect()
}

/// Process ids with resident bytes.
fn family(root: u32) -> Vec<(u32, u64)> {
    let processes: Vec<(u32, u32, u64)> = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| of(&entry)).collect();
    let mut members = vec![root];
    let mut at = 0;
    while at < members.len() {
        let parent = members[at];
        members.extend(processes.iter().filter(|(pid, found, _)| *found == parent && *pid != parent).map(|(pid, _, _)| *pid));
        at += 1;
    }
    processes.into_iter().filter(|(pid, _, _)| members.contains(pid)).map(|(pid, _, bytes)| (pid, bytes)).collect()
}

/// Process id, parent's id and resident bytes of one entry of `/proc`.
fn of(entry: &fs::DirEntry) -> Option<(u32, u32, u64)> {
    const PAGE: u64 = 4096;
    let pid = entry.file_name().to_str()?.parse().ok()?;
    let text = String::from_utf8_lossy(&fs::read(entry.path().join("stat")).ok()?).into_owned();
    // The name stands in parentheses and may itself hold any character.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    Some((pid, fields.get(1)?.parse().ok()?, fields.get(21)?.parse::<u64>().ok()? * PAGE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_a_size_and_the_machine_more() {
        let own = resident_bytes(std::process::id());
        assert!(own > 100_000, "{own}");
        assert!(memory_bytes() > own);
    }
}
