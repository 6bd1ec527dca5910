//! What the runner can read of the machine that it times on.

use std::fs;

use whetstone_core::plan::timing::Machine;

/// Describes the machine; what cannot be read stays empty.
pub fn describe(clock_step_ns: u64) -> Machine {
    let disturbance = Disturbance::now();
    Machine {
        cpu_model: field(&read("/proc/cpuinfo"), "model name"),
        cores: std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX)),
        cpuset: field(&read("/proc/self/status"), "Cpus_allowed_list"),
        clock_step_ns,
        steal_s: disturbance.steal_s,
        throttled_s: disturbance.throttled_s,
        load: read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default(),
        kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
    }
}

/// Seconds that others took from this machine's or this group's processors since their start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disturbance {
    pub steal_s: f64,
    pub throttled_s: f64,
}

impl Disturbance {
    /// Reads the counters as they stand.
    pub fn now() -> Self {
        Self { steal_s: steal(&read("/proc/stat")), throttled_s: throttled() }
    }

    /// Seconds added since `earlier`.
    pub fn since(&self, earlier: &Self) -> f64 {
        (self.steal_s - earlier.steal_s).max(0.0) + (self.throttled_s - earlier.throttled_s).max(0.0)
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn field(text: &str, name: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

/// Field 8 of the first line of `/proc/stat`, in hundredths of a second.
fn steal(stat: &str) -> f64 {
    let jiffies = stat.lines().next().and_then(|line| line.split_whitespace().nth(8)).and_then(|field| field.parse::<f64>().ok());
    jiffies.unwrap_or_default() / 100.0
}

fn throttled() -> f64 {
    let version_2 = microseconds(&read("/sys/fs/cgroup/cpu.stat"), "throttled_usec");
    let version_1 = microseconds(&read("/sys/fs/cgroup/cpu/cpu.stat"), "throttled_time").map(|nanoseconds| nanoseconds / 1e3);
    version_2.or(version_1).unwrap_or_default() / 1e6
}

fn microseconds(stat: &str, name: &str) -> Option<f64> {
    stat.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_read_from_the_kernels_own_form() {
        assert_eq!(steal("cpu  1 2 3 4 5 6 7 250 0 0\ncpu0 1"), 2.5);
        assert_eq!(microseconds("nr_periods 4\nthrottled_usec 1500\n", "throttled_usec"), Some(1500.0));
        assert_eq!(field("model name\t: AMD EPYC\nflags : x", "model name"), "AMD EPYC");
    }

    #[test]
    fn this_machine_is_described() {
        let machine = describe(1);
        assert!(machine.cores >= 1 && !machine.kernel.is_empty());
    }
}
