//! Generated cases and reached branches, as workers tell them.

use std::{collections::BTreeSet, time::Duration};

use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use whetstone_core::cases::{self, Case, CaseHeader};

use super::{
    baseline::{Baseline, Expectation},
    bench::{Allowance, Bench},
    deepen,
    probe::{framed, unframed},
    solver, sweep,
};
use crate::{
    sides::Side,
    worker::{Worker, WorkerError, operation},
};

/// How many times as long a call may take while it is watched.
const WATCHING: u32 = 10;
/// Calls after which it is asked what was reached.
const WATCHED_TOGETHER: usize = 16;

const ALLOWING: Duration = Duration::from_secs(60);
/// How generate.py names what it draws.
const DRAWN: &str = "generated: drawn";

/// Lines and branches of the watched functions (branches.py).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reached {
    pub lines_total: u32,
    pub lines_reached: u32,
    pub branches_total: u32,
    pub branches_reached: u32,
    pub arcs: Vec<Arc>,
    /// Lines that were reached.
    pub lines: BTreeSet<i64>,
    pub unreached: Vec<String>,
}

/// One way of a conditional jump: line, column, way, line that it leads to, whether it was reached.
#[derive(Clone, Debug, Deserialize)]
pub struct Arc(pub i64, pub i64, pub String, pub i64, pub bool);

impl Reached {
    /// Ways of jumps on `changed` lines that a call could reach, with whether one did. What only an
    /// unexpected exception reaches (passing on what a handler does not catch, leaving a `with`) is none.
    pub fn on_lines(&self, changed: &BTreeSet<i64>) -> Vec<(&Arc, bool)> {
        let is_met = |line: i64, column: i64| self.arcs.iter().any(|arc| arc.0 == line && arc.1 == column && arc.4);
        let counts = |arc: &&Arc| {
            let only_exceptional = arc.2 == "not caught" || (self.lines.contains(&arc.0) && !is_met(arc.0, arc.1));
            changed.contains(&arc.0) && !only_exceptional
        };
        self.arcs.iter().filter(counts).map(|arc| (arc, arc.4)).collect()
    }

    /// Takes over what another worker of the same side reached.
    pub fn join(&mut self, other: &Self) {
        for arc in &mut self.arcs {
            arc.4 |= other.arcs.iter().any(|found| (found.0, found.1, &found.2) == (arc.0, arc.1, &arc.2) && found.4);
        }
        self.lines.extend(&other.lines);
    }
}

/// What generation is asked for.
pub struct Wish<'a> {
    pub cases: u32,
    pub seconds: f64,
    pub seed: u64,
    /// Source texts whose constants matter beside the worker's own.
    pub sources: &'a [String],
    /// Whether the worker runs a candidate.
    pub is_candidate: bool,
    /// So many inputs are drawn instead, each with several changes, and all of them are kept; 0 for none.
    pub draws: u32,
}

/// Inputs related to those of `known`, guided by the branches of the side that `worker` runs; `values` for
/// the arguments are tried among them (`strategies`).
///
/// # Errors
/// If the worker gives no answer that can be read.
pub fn generate(
    bench: &Bench<'_>,
    worker: &mut Worker,
    known: &[Case],
    wish: &Wish<'_>,
    values: &[Vec<u8>],
) -> Result<Vec<Case>, WorkerError> {
    let skip: Vec<String> = known.iter().map(|case| hex::encode(Sha256::digest(&case.input))).collect();
    let options = json!({
        "cases": wish.cases, "seconds": wish.seconds, "seed": wish.seed, "sources": wish.sources, "skip": skip,
        "proposed": values.len(), "candidate": wish.is_candidate,
        "call_seconds": bench.plan.call_timeout_s.min(if wish.draws > 0 { 0.1 } else { 1.0 }), "draws": wish.draws,
    });
    // What types count as observed follows from recorded calls alone.
    let recorded = known.iter().filter(|case| case.header.origin == "recorded" && !case.input.is_empty());
    let inputs: Vec<&[u8]> = recorded.map(|case| case.input.as_slice()).chain(values.iter().map(Vec::as_slice)).collect();
    let patience = Duration::from_secs_f64(wish.seconds.clamp(0.0, 3600.0) * 2.0 + 30.0);
    let answer = worker.request(operation::GENERATE, &framed(&options, &inputs), patience)?;
    let unreadable = || WorkerError::protocol("the generated cases could not be read");
    let parts = unframed(&answer).ok_or_else(unreadable)?;
    let [_, file] = parts.as_slice() else { return Err(unreadable()) };
    cases::read(*file).map_err(|_| unreadable())
}

/// Those of some inputs that no annotation excludes, as the baseline's worker sees them beside the recorded ones of `known`;
/// all of them where it can't tell.
pub fn allowed(bench: &Bench<'_>, known: &[Case], inputs: Vec<Case>) -> Vec<Case> {
    if inputs.is_empty() {
        return inputs;
    }
    let recorded: Vec<&Case> = known.iter().filter(|case| case.header.origin == "recorded" && !case.input.is_empty()).collect();
    let options = json!({"recorded": recorded.len()});
    let all: Vec<&[u8]> = recorded.into_iter().chain(&inputs).map(|case| case.input.as_slice()).collect();
    let worker = bench.worker(&bench.baseline(), bench.first_seed());
    let answer = worker.and_then(|mut worker| worker.request(operation::ALLOW, &framed(&options, &all), ALLOWING)).ok();
    match answer.and_then(|answer| serde_json::from_slice::<BTreeSet<usize>>(&answer).ok()) {
        Some(places) => (0..).zip(inputs).filter(|(place, _)| places.contains(place)).map(|(_, case)| case).collect(),
        None => inputs,
    }
}

/// Where a generated case comes from, as reports name it.
pub fn source(header: &CaseHeader) -> &'static str {
    let made = |caller: &str| header.caller.starts_with(caller);
    match () {
        () if made("generated: hypothesis") => "hypothesis",
        () if made(solver::CALLER) => "crosshair",
        () if made(sweep::CALLER) => "small inputs",
        () if made(DRAWN) => "several changes",
        () if made(deepen::CALLER) => "deeper inputs",
        () => "relatives",
    }
}

/// Counts one case of its source.
pub fn count_source(counts: &mut Vec<(String, u32)>, header: &CaseHeader) {
    add_source(counts, source(header), 1);
}

/// Counts `more` cases of a source.
pub fn add_source(counts: &mut Vec<(String, u32)>, name: &str, more: u32) {
    match counts.iter_mut().find(|(known, _)| known == name) {
        Some((_, count)) => *count += more,
        None => counts.push((name.to_owned(), more)),
    }
}

/// Starts watching the target, and other functions of its file that stand on `lines`.
///
/// # Errors
/// If the worker can't.
pub fn watch(worker: &mut Worker, lines: &BTreeSet<i64>) -> Result<(), WorkerError> {
    let request = json!({"do": "on", "lines": lines}).to_string();
    worker.request(operation::BRANCHES, request.as_bytes(), Duration::from_secs(30)).map(drop)
}

/// What was reached since the watch began.
///
/// # Errors
/// If the worker gives no answer that can be read.
pub fn reached(worker: &mut Worker) -> Result<Reached, WorkerError> {
    let answer = worker.request(operation::BRANCHES, br#"{"do": "summary"}"#, Duration::from_secs(30))?;
    serde_json::from_slice(&answer).map_err(|error| WorkerError::protocol(error.to_string()))
}

/// Makes the plain calls under watch, in a worker of their own, the cheap ones first and no longer than
/// it takes to reach every way of the jumps on `lines`. Watching makes calls slower: one that takes too
/// long then is left out, with those that are costlier.
///
/// # Errors
/// If the side can't be loaded or watched.
pub fn reach_of(bench: &Bench<'_>, side: &Side, baseline: &Baseline, lines: &BTreeSet<i64>) -> Result<(Worker, Reached), WorkerError> {
    let mut plain: Vec<&Expectation> = baseline.repeated().flat_map(|expectation| [expectation; 2]).chain(baseline.plain()).collect();
    loop {
        match reach_by(bench, side, &baseline.cases, &plain, lines)? {
            Watched::Whole(worker, reached) => return Ok((*worker, reached)),
            Watched::TooSlow(at) => plain.truncate(at),
        }
    }
}

enum Watched {
    Whole(Box<Worker>, Reached),
    /// The call at this place took too long; its worker is of no more use.
    TooSlow(usize),
}

fn reach_by(bench: &Bench<'_>, side: &Side, cases: &[Case], plain: &[&Expectation], lines: &BTreeSet<i64>) -> Result<Watched, WorkerError> {
    let mut worker = bench.worker(side, bench.first_seed())?;
    watch(&mut worker, lines)?;
    let mut found = reached(&mut worker)?;
    for (at, expectation) in plain.iter().enumerate() {
        if at % WATCHED_TOGETHER == 0 && at > 0 {
            found = reached(&mut worker)?;
        }
        if !lines.is_empty() && found.on_lines(lines).iter().all(|(_, met)| *met) && !found.lines.is_empty() {
            break;
        }
        let usual = bench.baseline_allowance(cases, &expectation.probe);
        let allowance = Allowance { cpu: usual.wall.min(usual.cpu * WATCHING), ..usual };
        match bench.ask(&mut worker, cases, &expectation.probe, allowance) {
            Ok(_) | Err(WorkerError::Refused(_)) => {}
            Err(WorkerError::TimedOut(_)) => return Ok(Watched::TooSlow(at)),
            Err(error) => return Err(error),
        }
    }
    found = reached(&mut worker)?;
    Ok(Watched::Whole(Box::new(worker), found))
}

/// Lines that an edit takes away from a text, and lines that it adds, counted from 1.
pub fn changed_lines(before: &str, after: &str) -> (BTreeSet<i64>, BTreeSet<i64>) {
    let (mut removed, mut added) = (BTreeSet::new(), BTreeSet::new());
    let line = |index: Option<usize>| index.and_then(|index| i64::try_from(index + 1).ok());
    for change in similar::TextDiff::from_lines(before, after).iter_all_changes() {
        match change.tag() {
            similar::ChangeTag::Delete => removed.extend(line(change.old_index())),
            similar::ChangeTag::Insert => added.extend(line(change.new_index())),
            similar::ChangeTag::Equal => {}
        }
    }
    (removed, added)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_an_edit_changes_are_told_on_both_sides() {
        let (removed, added) = changed_lines("a\nb\nc\n", "a\nx\ny\nc\n");
        assert_eq!((removed, added), (BTreeSet::from([2]), BTreeSet::from([2, 3])));
    }

    #[test]
    fn ways_that_only_an_unexpected_exception_takes_need_not_be_reached() {
        let arc = |line, way: &str, reached| Arc(line, 0, way.into(), 0, reached);
        let reached = Reached {
            arcs: vec![
                arc(1, "true", true),
                arc(1, "false", false),
                arc(2, "caught", true),
                arc(2, "not caught", false),
                arc(3, "true", false),
            ],
            lines: BTreeSet::from([1, 2, 3]),
            ..Reached::default()
        };
        let found: Vec<_> =
            reached.on_lines(&BTreeSet::from([1, 2, 3])).into_iter().map(|(arc, met)| (arc.0, arc.2.as_str(), met)).collect();
        assert_eq!(found, [(1, "true", true), (1, "false", false), (2, "caught", true)]);
    }
}
