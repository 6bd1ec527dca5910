//! Size classes: where a candidate is also judged on inputs of one size range alone.

use whetstone_core::cases::{CaseHeader, CaseMode};
use whetstone_measure::sizes::LEAST_SHARE;

/// Most classes of one target.
const MOST: usize = 3;
/// Sizes that span less than this factor are one class.
const LEAST_SPAN: u64 = 4;

/// A range of input sizes with its share of the target's time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Class {
    pub smallest: u64,
    pub largest: u64,
    pub share: f64,
}

impl Class {
    /// The name of its series.
    pub fn series(&self) -> String {
        format!("sizes {}-{}", self.smallest, self.largest)
    }
}

/// Recorded calls that can be timed.
pub fn usable(headers: &[CaseHeader]) -> impl Iterator<Item = &CaseHeader> {
    headers.iter().filter(|header| header.mode == CaseMode::Replay && header.origin == "recorded")
}

/// Splits recorded calls by input size into classes of about equal shares of the time; classes under
/// one per cent have no say. None where the sizes hardly differ.
pub fn split(headers: &[CaseHeader]) -> Vec<Class> {
    let mut calls: Vec<(u64, f64)> =
        usable(headers).map(|header| (header.size, header.weight.max(1) as f64 * header.elapsed_ns.max(1) as f64)).collect();
    calls.sort_by_key(|(size, _)| *size);
    let (Some(first), Some(last)) = (calls.first().copied(), calls.last().copied()) else { return Vec::new() };
    if last.0 < LEAST_SPAN * first.0.max(1) {
        return Vec::new();
    }
    let total: f64 = calls.iter().map(|(_, time)| time).sum();
    let mut classes: Vec<Class> = Vec::new();
    // Steps of the size's magnitude, so that small inputs are told from large ones though they take
    // little of the time.
    let span = (last.0.max(1) as f64 / first.0.max(1) as f64).ln();
    let place = |size: u64| (((size.max(1) as f64 / first.0.max(1) as f64).ln() / span * MOST as f64) as usize).min(MOST - 1);
    for group in calls.chunk_by(|a, b| place(a.0) == place(b.0)) {
        let time: f64 = group.iter().map(|(_, time)| time).sum();
        classes.push(Class { smallest: group[0].0, largest: group[group.len() - 1].0, share: time / total });
    }
    classes.retain(|class| class.share >= LEAST_SHARE);
    if classes.len() < 2 { Vec::new() } else { classes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(size: u64, weight: u64, elapsed_ns: u64) -> CaseHeader {
        CaseHeader {
            id: String::new(),
            mode: CaseMode::Replay,
            origin: "recorded".into(),
            weight,
            position: 0,
            size,
            elapsed_ns,
            sequence: String::new(),
            caller: String::new(),
            types: String::new(),
            ends: "returns".into(),
            opaque: String::new(),
        }
    }

    #[test]
    fn small_and_large_inputs_are_told_apart_and_rare_ones_have_no_say() {
        let headers = [header(1, 1, 1), header(10, 500, 100), header(12, 500, 100), header(1000, 10, 50_000)];
        let classes = split(&headers);
        assert_eq!(classes.iter().map(|class| (class.smallest, class.largest)).collect::<Vec<_>>(), [(10, 12), (1000, 1000)]);
        assert!((classes[0].share - 1.0 / 6.0).abs() < 0.01);
    }

    #[test]
    fn sizes_that_hardly_differ_or_cannot_be_timed_give_no_classes() {
        assert_eq!(split(&[header(10, 1, 1), header(30, 1, 1)]), []);
        assert_eq!(split(&[]), []);
        let generated = CaseHeader { origin: "generated".into(), ..header(1000, 1, 1000) };
        assert_eq!(split(&[header(10, 1, 1000), generated]), []);
    }
}
