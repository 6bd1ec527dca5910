//! Hot lines and allocations of targets, joined over a workload's processes.

use std::collections::BTreeMap;

use serde::Deserialize;
use whetstone_proto::common::v1::HotLine;

/// Lines that are shown of one target.
const SHOWN: usize = 12;

/// What the line profiler of one process wrote: by target `[line, hits, seconds]`.
#[derive(Debug, Deserialize)]
pub struct ProcessLines {
    targets: BTreeMap<String, Vec<(u32, u64, f64)>>,
}

/// The hottest lines of a target, with their share of the target's time.
pub fn hot_lines(processes: &[ProcessLines], target: &str) -> Vec<HotLine> {
    let mut lines: BTreeMap<u32, (u64, f64)> = BTreeMap::new();
    for (line, hits, seconds) in processes.iter().filter_map(|process| process.targets.get(target)).flatten() {
        let entry = lines.entry(*line).or_default();
        entry.0 += hits;
        entry.1 += seconds;
    }
    let whole: f64 = lines.values().map(|(_, seconds)| seconds).sum();
    let share = |seconds: f64| if whole > 0.0 { seconds / whole } else { 0.0 };
    let mut hot: Vec<HotLine> = lines.into_iter().map(|(line, (hits, seconds))| HotLine { line, share: share(seconds), hits }).collect();
    hot.sort_by(|left, right| right.share.total_cmp(&left.share).then(left.line.cmp(&right.line)));
    hot.truncate(SHOWN);
    hot
}

/// What tracemalloc of one process wrote.
#[derive(Debug, Deserialize)]
pub struct ProcessAllocations {
    /// Most bytes alive at once.
    pub peak_bytes: u64,
    /// By target `[size of the input, bytes at the peak of the call]`.
    targets: BTreeMap<String, Vec<(u64, u64)>>,
}

impl ProcessAllocations {
    /// The measured calls of a target.
    pub fn points(&self, target: &str) -> &[(u64, u64)] {
        self.targets.get(target).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_several_processes_add_up_hottest_first() {
        let process = |lines: &[(u32, u64, f64)]| ProcessLines { targets: BTreeMap::from([("m:f".to_owned(), lines.to_vec())]) };
        let hot = hot_lines(&[process(&[(3, 10, 1.0), (4, 10, 2.0)]), process(&[(3, 5, 3.0)])], "m:f");
        assert_eq!(hot.iter().map(|line| (line.line, line.hits)).collect::<Vec<_>>(), [(3, 15), (4, 10)]);
        assert!((hot[0].share - 4.0 / 6.0).abs() < 1e-9);
        assert!(hot_lines(&[], "m:f").is_empty());
    }
}
