//! What the baseline repeats, call by call, and where a candidate parts from it.

use std::collections::{BTreeMap, BTreeSet};

use whetstone_core::{target::TargetSite, verdict::Counterexample};

use super::seen::{Call, Process, Seen};
use crate::behaviour::{graph, outcome::Difference, show};

/// Where a call stands: the process in the order of their starts, and the call's position in it.
pub type Place = (usize, u64);

/// Why a call that was taken is no evidence.
const NOT_REPEATED: &str = "not the same in two runs of the workload";
const NO_END: &str = "in a workload that does not end in time while it is looked at";
const NO_ORDER: &str = "in one of several processes whose calls come in no order that the workload repeats";

/// What two runs of a workload with the baseline have in common.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    pub calls: BTreeMap<Place, Call>,
    /// How many calls each process makes, where both runs tell the same.
    totals: BTreeMap<usize, u64>,
    pub dropped: BTreeMap<String, u32>,
}

impl Expected {
    /// Keeps what both runs agree on.
    pub fn of(first: Seen, again: &Seen) -> Self {
        let mut expected = Self::default();
        let several = first.processes.len().max(again.processes.len()) > 1;
        for (number, process) in first.processes.into_iter().enumerate() {
            match again.processes.get(number).filter(|other| !several || process.is_like(other)) {
                Some(other) => expected.keep(number, process, other),
                None => expected.drop_calls(NO_ORDER, process.calls.len()),
            }
        }
        expected
    }

    /// A run that did not end in time shows nothing that could be expected of another.
    pub fn of_endless(first: &Seen) -> Self {
        let mut expected = Self::default();
        expected.drop_calls(NO_END, first.processes.iter().map(|process| process.calls.len()).sum());
        expected
    }

    fn keep(&mut self, number: usize, process: Process, again: &Process) {
        if let (Some(total), true) = (process.total, process.total == again.total && process.until == again.until) {
            self.totals.extend(process.until.is_none().then_some((number, total)));
        }
        for (position, call) in process.calls {
            let repeats = again.calls.get(&position).is_some_and(|other| call.difference(other, 0.0).is_none() && other.outcome.is_some());
            if call.outcome.is_none() || !repeats {
                self.drop_calls(if call.outcome.is_none() { &call.header.opaque } else { NOT_REPEATED }, 1);
                continue;
            }
            if !call.is_evidence() {
                let what = if call.header.opaque.is_empty() { "an iterator or function" } else { &call.header.opaque };
                self.drop_calls(&format!("its end can't be seen: {what}"), 1);
            }
            self.calls.insert((number, position), call);
        }
    }

    fn drop_calls(&mut self, reason: &str, calls: usize) {
        *self.dropped.entry(reason.to_owned()).or_default() += u32::try_from(calls).unwrap_or(u32::MAX);
    }

    /// Calls that count.
    pub fn evidence(&self) -> impl Iterator<Item = &Call> {
        self.calls.values().filter(|call| call.is_evidence())
    }

    /// The places at which a run with a candidate differs, in the order of the calls.
    pub fn differences(&self, seen: &Seen, tolerance: f64) -> BTreeMap<Place, Difference> {
        let mut found = BTreeMap::new();
        for (place, call) in &self.calls {
            let process = seen.processes.get(place.0);
            if process.is_some_and(|process| !process.reaches(place.1)) {
                continue;
            }
            let theirs = process.and_then(|process| process.calls.get(&place.1));
            let difference = match theirs {
                Some(theirs) => call.difference(theirs, tolerance),
                None => Some(Difference {
                    aspect: "calls".into(),
                    baseline: "the workload makes this call".into(),
                    candidate: "it does not".into(),
                }),
            };
            found.extend(difference.map(|difference| (*place, difference)));
        }
        for (number, total) in &self.totals {
            let theirs = seen.processes.get(*number).filter(|process| process.until.is_none()).and_then(|process| process.total);
            if let Some(theirs) = theirs.filter(|theirs| theirs != total) {
                let (baseline, candidate) = (format!("{total} calls"), format!("{theirs} calls"));
                found.insert((*number, *total), Difference { aspect: "calls".into(), baseline, candidate });
            }
        }
        found
    }

    /// Whether another run with the baseline is as expected at a place.
    pub fn holds_at(&self, place: Place, seen: &Seen) -> bool {
        let Some(process) = seen.processes.get(place.0) else { return false };
        match self.calls.get(&place) {
            Some(call) => process.calls.get(&place.1).is_some_and(|again| again.outcome.is_some() && call.difference(again, 0.0).is_none()),
            None => process.total == self.totals.get(&place.0).copied(),
        }
    }

    /// Distinct outcomes of the calls that count.
    pub fn distinct(&self) -> BTreeSet<Vec<u8>> {
        self.evidence().filter_map(|call| call.outcome.as_ref()).map(crate::behaviour::outcome::Outcome::distinct).collect()
    }
}

/// A difference as people are told it.
pub fn told(target: &TargetSite, command: &str, expected: &Expected, seen: &Seen, place: Place, difference: &Difference) -> Counterexample {
    let name = target.name.qualname.as_str();
    let text = |call: &Call| graph::parse(&call.input).map_or_else(|| format!("{name}(...)"), |node| show::call(name, &node));
    let ours = expected.calls.get(&place);
    let theirs = seen.processes.get(place.0).and_then(|process| process.calls.get(&place.1));
    let call = ours.map_or_else(|| format!("{name}(...)"), text);
    let caller = ours.map(|call| call.header.caller.as_str()).filter(|caller| !caller.is_empty());
    let from = caller.map(|caller| format!(" from {caller}")).unwrap_or_default();
    let (mut baseline, mut candidate) = (difference.baseline.clone(), difference.candidate.clone());
    if difference.aspect == "input" {
        (baseline, candidate) = (call.clone(), theirs.map(text).unwrap_or_default());
        if baseline == candidate {
            candidate.push_str(", different in what is not shown here");
        }
    }
    Counterexample {
        input: format!("{call}   # call {} of `{command}`{from}", place.1 + 1),
        baseline,
        candidate,
        aspect: difference.aspect.clone(),
        source: "workload".into(),
    }
}

#[cfg(test)]
mod tests {
    use whetstone_core::{
        TargetName,
        cases::{CaseHeader, CaseMode},
    };

    use super::*;
    use crate::behaviour::outcome::Outcome;

    fn call(position: u64, input: &[u8], end: &[u8]) -> (u64, Call) {
        let header = CaseHeader {
            id: String::new(),
            mode: CaseMode::Rerun,
            origin: "recorded".into(),
            weight: 1,
            position,
            size: 1,
            elapsed_ns: 0,
            sequence: String::new(),
            caller: "m:g:3".into(),
            types: "(int)".into(),
            ends: "returns".into(),
            opaque: String::new(),
        };
        let length = u32::try_from(end.len()).expect("short").to_le_bytes();
        let outcome = Outcome::parse(&[b"WO1\x01", length.as_slice(), end].concat());
        (position, Call { header, input: input.to_vec(), outcome })
    }

    /// A process that gives `ends`, as whole numbers, to inputs that tell the position.
    fn process(ends: &[u8]) -> Process {
        let calls = ends.iter().zip(0u8..).map(|(end, at)| call(at.into(), &[b'i', 1, at], &[b't', 2, b'T', b'i', 1, *end]));
        Process { calls: calls.collect(), total: Some(ends.len() as u64), until: None }
    }

    fn seen(processes: Vec<Process>) -> Seen {
        Seen { processes, ..Seen::default() }
    }

    #[test]
    fn what_the_baseline_does_not_repeat_is_not_expected_and_the_first_difference_is_told() {
        let expected = Expected::of(seen(vec![process(&[1, 2, 3])]), &seen(vec![process(&[1, 7, 3])]));
        assert_eq!((expected.evidence().count(), expected.dropped[NOT_REPEATED]), (2, 1));
        assert!(expected.differences(&seen(vec![process(&[1, 9, 3])]), 0.0).is_empty());
        let theirs = seen(vec![process(&[1, 9, 4])]);
        let found = expected.differences(&theirs, 0.0);
        assert_eq!(found.keys().collect::<Vec<_>>(), [&(0, 2)]);
        let site = TargetSite { name: TargetName::new("m", "f"), file: "m.py".into(), line: 1, end_line: 2 };
        let told = told(&site, "run", &expected, &theirs, (0, 2), &found[&(0, 2)]);
        assert_eq!((told.aspect.as_str(), told.baseline.as_str(), told.candidate.as_str()), ("result", "3", "4"));
        assert!(told.input.ends_with("# call 3 of `run` from m:g:3"), "{}", told.input);
    }

    #[test]
    fn a_call_that_is_missing_or_too_many_is_a_difference_unless_nobody_looked() {
        let expected = Expected::of(seen(vec![process(&[1, 2])]), &seen(vec![process(&[1, 2])]));
        let aspects = |seen: &Seen| expected.differences(seen, 0.0).into_values().map(|found| found.aspect).collect::<Vec<_>>();
        assert_eq!(aspects(&seen(vec![process(&[1])])), ["calls", "calls"]);
        assert_eq!(aspects(&seen(vec![process(&[1, 2, 3])])), ["calls"]);
        assert_eq!(aspects(&seen(vec![])), ["calls", "calls"]);
        assert_eq!(aspects(&seen(vec![Process { until: Some(1), ..process(&[1]) }])), Vec::<String>::new());
    }

    #[test]
    fn one_of_several_processes_in_which_the_order_changes_is_left_out() {
        let mut other = process(&[1, 2]);
        other.calls.get_mut(&1).expect("there").header.caller = "m:h:9".into();
        let expected = Expected::of(seen(vec![process(&[1, 2]), process(&[3, 4])]), &seen(vec![other, process(&[3, 4])]));
        assert_eq!(expected.calls.keys().map(|place| place.0).collect::<BTreeSet<_>>(), BTreeSet::from([1]));
        assert_eq!(expected.dropped[NO_ORDER], 2);
    }

    #[test]
    fn another_input_is_a_difference_but_for_floats_within_the_tolerance() {
        let float = |value: f64| [b"d".as_slice(), &value.to_le_bytes()].concat();
        let (_, one) = call(0, &float(1.0), b"N");
        let (_, other) = call(0, &float(1.0 + 1e-12), b"N");
        assert_eq!(one.difference(&other, 0.0).map(|found| found.aspect), Some("input".into()));
        assert!(one.difference(&other, 1e-9).is_none());
    }
}
