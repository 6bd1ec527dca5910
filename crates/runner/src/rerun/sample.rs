//! What the stopwatch showed over one run of a workload, or over several.

use std::{path::Path, time::Duration};

use serde::Deserialize;
use whetstone_core::plan::workload::Instrument;

use super::{
    seen::{json, names},
    workloads::Workloads,
};
use crate::{RunnerError, sides::Side};

const REPORTS: (&str, &str) = ("stopwatch-", ".json");

/// What one process of a workload says at its end.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Report {
    cpu_ns: u64,
    calls: u64,
    own_ns: f64,
    own_least_ns: f64,
    kind: String,
}

/// One run, or several in a row, of every workload that calls the target.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// In the target's outermost calls.
    pub target_ns: u64,
    pub calls: u64,
    /// Of all processes, over their whole lives.
    pub whole_ns: u64,
    pub wall_ns: u64,
    pub exits: Vec<i32>,
    /// What the stopwatch itself takes of a call, usually and at the least.
    pub own_ns: f64,
    pub own_least_ns: f64,
    /// What the target is, if it is nothing that can be timed.
    pub kind: String,
}

impl Sample {
    /// Adds another run, or what a process of this one says. That comes from untrusted code.
    pub fn add(&mut self, other: Self) {
        self.target_ns = self.target_ns.saturating_add(other.target_ns);
        self.calls = self.calls.saturating_add(other.calls);
        self.whole_ns += other.whole_ns;
        self.wall_ns += other.wall_ns;
        self.exits.extend(other.exits);
        self.own_ns = self.own_ns.max(other.own_ns);
        self.own_least_ns = if self.own_least_ns > 0.0 { self.own_least_ns.min(other.own_least_ns) } else { other.own_least_ns };
        if self.kind.is_empty() {
            self.kind = other.kind;
        }
    }

    /// Without the least that the stopwatch takes itself; never so little that what it takes more could decide.
    pub fn net_ns(&self, own_ns: f64) -> u64 {
        let (target, own) = (self.target_ns as f64, own_ns * self.calls as f64);
        (target - own).max(target / 20.0).max(1.0) as u64
    }

    /// What the workload spent outside of the target: import and start-up among it.
    pub fn rest_ns(&self) -> u64 {
        self.whole_ns.saturating_sub(self.target_ns)
    }
}

/// Runs one command under the stopwatch.
pub fn measure(workloads: &mut Workloads<'_>, side: &Side, number: usize, hash_seed: u32) -> Result<Sample, RunnerError> {
    let (ran, reports) = workloads.run(side, number, hash_seed, Instrument::Stopwatch, reports)?;
    let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let mut sample = Sample {
        whole_ns: nanoseconds(ran.finished.usage.cpu()),
        wall_ns: nanoseconds(ran.finished.wall),
        exits: vec![ran.finished.exit],
        ..Sample::default()
    };
    for Report { cpu_ns: target_ns, calls, own_ns, own_least_ns, kind } in reports {
        sample.add(Sample { target_ns, calls, own_ns, own_least_ns, kind, ..Sample::default() });
    }
    Ok(sample)
}

fn reports(folder: &Path) -> Vec<Report> {
    names(folder, REPORTS).iter().filter_map(|name| json(&folder.join(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_stopwatch_takes_at_the_least_is_taken_away_and_never_all_of_a_sample() {
        let process = |target_ns, own_least_ns| Sample { target_ns, calls: 10, own_least_ns, own_ns: 300.0, ..Sample::default() };
        let mut sample = Sample { whole_ns: 50_000, ..Sample::default() };
        sample.add(process(10_000, 250.0));
        sample.add(process(10_000, 200.0));
        assert_eq!((sample.calls, sample.own_least_ns, sample.rest_ns()), (20, 200.0, 30_000));
        assert_eq!(sample.net_ns(sample.own_least_ns), 16_000);
        assert_eq!(sample.net_ns(10_000.0), 1_000);
    }
}
