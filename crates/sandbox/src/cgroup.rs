//! A control group for one job, where this process may make one: version 2, or version 1's `pids`,
//! `memory` and `cpuacct` (cgroups(7)).

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// The bounds that a group keeps.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub memory_bytes: u64,
    pub processes: u32,
}

/// One job's group; removed with everything in it when dropped.
#[derive(Debug)]
pub struct Cgroup {
    memory: Option<PathBuf>,
    pids: Option<PathBuf>,
    cpu: Option<PathBuf>,
    /// All folders, each once.
    folders: Vec<PathBuf>,
}

impl Cgroup {
    /// Makes the group `name`, as far as this machine lets it.
    pub fn make(name: &str, bounds: Bounds) -> Self {
        let mut group = Self { memory: None, pids: None, cpu: None, folders: Vec::new() };
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = mounts(&fs::read_to_string("/proc/self/mountinfo").unwrap_or_default());
        for mount in mounts {
            for parent in mount.parents(&own) {
                if group.try_under(&mount, &parent.join(format!("{PREFIX}{name}")), bounds) {
                    break;
                }
            }
        }
        group
    }

    /// Removes the empty groups that killed processes left. Young ones are spared: their makers may be
    /// about to enter them.
    pub fn sweep() {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = mounts(&fs::read_to_string("/proc/self/mountinfo").unwrap_or_default());
        for parent in mounts.iter().flat_map(|mount| mount.parents(&own)) {
            for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
                let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
                let age = entry.metadata().and_then(|status| status.modified()).ok().and_then(|made| made.elapsed().ok());
                if is_ours && age.is_some_and(|age| age > SPARED) {
                    // A group with members stays: its job lives.
                    let _ = fs::remove_dir(entry.path());
                }
            }
        }
    }

    fn try_under(&mut self, mount: &Mount, folder: &Path, bounds: Bounds) -> bool {
        let is_wanted = mount.unified && self.memory.is_none() || mount.controllers.iter().any(|name| WANTED.contains(&name.as_str()));
        if !is_wanted {
            return false;
        }
        if let Some(parent) = folder.parent().filter(|_| mount.unified) {
            // Refused where the parent holds processes or has no such controller; the check below tells.
            let _ = fs::write(parent.join("cgroup.subtree_control"), "+memory +pids");
        }
        if fs::create_dir(folder).is_err() {
            return false;
        }
        let set = |name: &str, value: u64| fs::write(folder.join(name), value.to_string()).is_ok();
        let mut is_used = false;
        if self.pids.is_none() && set("pids.max", bounds.processes.into()) {
            self.pids = Some(folder.into());
            is_used = true;
        }
        let sets_memory =
            self.memory.is_none() && (set("memory.max", bounds.memory_bytes) || set("memory.limit_in_bytes", bounds.memory_bytes));
        if sets_memory {
            let _ = set("memory.swap.max", 0) || set("memory.memsw.limit_in_bytes", bounds.memory_bytes);
            self.memory = Some(folder.into());
            is_used = true;
        }
        let counts_cpu = folder.join("cpuacct.usage").exists() || folder.join("cpu.stat").exists() && folder.join("memory.max").exists();
        if self.cpu.is_none() && counts_cpu {
            self.cpu = Some(folder.into());
            is_used = true;
        }
        if is_used {
            self.folders.push(folder.into());
        } else {
            let _ = fs::remove_dir(folder);
        }
        is_used
    }

    /// Files to which a process writes `0` to enter.
    pub fn entrances(&self) -> Vec<PathBuf> {
        self.folders.iter().map(|folder| folder.join("cgroup.procs")).collect()
    }

    /// Whether memory is bounded here.
    pub fn bounds_memory(&self) -> bool {
        self.memory.is_some()
    }

    /// Whether the number of processes is bounded here.
    pub fn bounds_processes(&self) -> bool {
        self.pids.is_some()
    }

    /// How many processes the kernel killed because memory ran out.
    pub fn memory_kills(&self) -> u64 {
        let Some(folder) = &self.memory else { return 0 };
        let count = |name: &str| {
            let text = fs::read_to_string(folder.join(name)).ok()?;
            text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
        };
        count("memory.events").or_else(|| count("memory.oom_control")).unwrap_or(0)
    }

    /// The most memory that was in use, page cache and temporary files included.
    pub fn peak_memory_bytes(&self) -> Option<u64> {
        let folder = self.memory.as_ref()?;
        ["memory.peak", "memory.max_usage_in_bytes"].iter().find_map(|name| number(&folder.join(name)))
    }

    /// CPU that all members used, dead ones included.
    pub fn cpu(&self) -> Option<Duration> {
        let folder = self.cpu.as_ref()?;
        if let Some(nanoseconds) = number(&folder.join("cpuacct.usage")) {
            return Some(Duration::from_nanos(nanoseconds));
        }
        let text = fs::read_to_string(folder.join("cpu.stat")).ok()?;
        let microseconds = text.lines().find_map(|line| line.strip_prefix("usage_usec ")?.trim().parse().ok())?;
        Some(Duration::from_micros(microseconds))
    }

    fn members(&self) -> Vec<i32> {
        let lists = self.folders.iter().map(|folder| fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default());
        lists.flat_map(|text| text.lines().filter_map(|line| line.parse().ok()).collect::<Vec<i32>>()).collect()
    }

    /// Sends every member SIGKILL and tells how many there were.
    pub fn kill_members(&self) -> usize {
        let members = self.members();
        for pid in &members {
            // It may be gone already, which is what is wanted.
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        members.len()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.kill_members() > 0 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(2));
        }
        for folder in &self.folders {
            if let Err(error) = fs::remove_dir(folder) {
                tracing::warn!(folder = %folder.display(), %error, "a control group could not be removed");
            }
        }
    }
}

/// What the names of our groups start with.
const PREFIX: &str = "whetstone-";

/// How young a group must be to be spared by [`Cgroup::sweep`].
const SPARED: Duration = Duration::from_secs(60);

/// How long dropping a group waits for its killed members to go.
const PATIENCE: Duration = Duration::from_secs(2);

const WANTED: [&str; 3] = ["pids", "memory", "cpuacct"];

fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// One mounted hierarchy.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    /// The path in the hierarchy that is mounted.
    root: String,
    at: PathBuf,
    unified: bool,
    controllers: Vec<String>,
}

impl Mount {
    /// This process's own group there, and above it for version 2, whose groups with processes can
    /// have no bounded children.
    fn parents(&self, own: &str) -> Vec<PathBuf> {
        let line = own.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, path) = (parts.next()?, parts.next()?);
            let is_this = if self.unified {
                controllers.is_empty()
            } else {
                self.controllers.iter().any(|name| controllers.split(',').any(|own| own == name))
            };
            is_this.then_some(path)
        });
        let Some(path) = line else { return Vec::new() };
        let below = path.strip_prefix(self.root.trim_end_matches('/')).unwrap_or(path);
        let own = self.at.join(below.trim_start_matches('/'));
        let above = own.parent().filter(|above| self.unified && above.starts_with(&self.at)).map(Path::to_path_buf);
        std::iter::once(own).chain(above).collect()
    }
}

/// The hierarchies of a `/proc/<pid>/mountinfo` (proc(5)).
fn mounts(text: &str) -> Vec<Mount> {
    let parse = |line: &str| {
        let (left, right) = line.split_once(" - ")?;
        let fields: Vec<&str> = left.split(' ').collect();
        let mut kind = right.split(' ');
        let unified = match kind.next()? {
            "cgroup2" => true,
            "cgroup" => false,
            _ => return None,
        };
        let options = kind.nth(1).unwrap_or_default();
        let controllers = options.split(',').map(str::to_owned).collect();
        Some(Mount { root: (*fields.get(3)?).into(), at: fields.get(4)?.into(), unified, controllers })
    };
    text.lines().filter_map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
31 25 0:27 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
32 25 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
33 25 0:29 /box /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
34 25 0:30 / /tmp rw - tmpfs tmpfs rw";

    #[test]
    fn hierarchies_are_found_with_this_process_in_them() {
        let found = mounts(MOUNTS);
        assert_eq!(found.len(), 3);
        let own = "4:memory:/user/a\n8:pids:/box/b\n0::/slice/scope";
        assert_eq!(found[0].parents(own), [PathBuf::from("/sys/fs/cgroup/memory/user/a")]);
        let unified = [PathBuf::from("/sys/fs/cgroup/unified/slice/scope"), PathBuf::from("/sys/fs/cgroup/unified/slice")];
        assert_eq!(found[1].parents(own), unified);
        assert_eq!(found[2].parents(own), [PathBuf::from("/sys/fs/cgroup/pids/b")]);
    }
}
