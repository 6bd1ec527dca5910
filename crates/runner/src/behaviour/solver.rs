//! The differential search between the baseline and a candidate that would otherwise be accepted.
//!
//! It runs beside the final set, in a worker of its own, and only makes claims: inputs that the gate then
//! replays on both sides like any others. A claim that the gate does not reproduce refuses nothing.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::Scope,
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::json;
use whetstone_core::{
    cases::{self, Case},
    plan::behaviour::{BehaviourMode, CandidateBehaviour, CandidateSide, SolverOutcome, SolverReport},
};

use super::{
    baseline::Baseline,
    bench::Bench,
    judge::{Court, Stop},
    probe::{framed, unframed},
};
use crate::{
    sides::Side,
    worker::{WorkerError, operation},
};

/// Searches that share a candidate's time where there are processors for them, each walking in an order of its own.
const SEARCHES: usize = 2;
/// What is waited for beyond twice the search's own time, for its start and its last query.
const GRACE: Duration = Duration::from_secs(20);
/// Recorded inputs that the search learns the arguments' types from.
const MOST_INPUTS: usize = 200;
/// How solver.py marks an input on which the search itself saw a difference.
pub const CALLER: &str = "generated: crosshair";
const DIFFERS: &str = "the search saw a difference";

/// What a search answers.
#[derive(Debug, Default)]
struct Claims {
    summary: Summary,
    cases: Vec<Case>,
}

#[derive(Debug, Default, Deserialize)]
struct Summary {
    ran: bool,
    reason: String,
    paths: u32,
    exhausted: bool,
    seconds: f64,
}

impl Summary {
    fn not_run(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::default() }
    }
}

impl Claims {
    fn not_run(reason: impl Into<String>) -> Self {
        Self { summary: Summary::not_run(reason), cases: Vec::new() }
    }

    /// What two searches claim together; differences first.
    fn and(mut self, other: Self) -> Self {
        let summary = Summary {
            ran: self.summary.ran || other.summary.ran,
            reason: if self.summary.reason.is_empty() { other.summary.reason } else { self.summary.reason },
            paths: self.summary.paths + other.summary.paths,
            exhausted: self.summary.exhausted || other.summary.exhausted,
            seconds: self.summary.seconds.max(other.summary.seconds),
        };
        self.cases.extend(other.cases);
        self.cases.sort_by_key(|case| !case.header.caller.ends_with(DIFFERS));
        Self { summary, cases: self.cases }
    }
}

/// The searches of a plan, one a candidate, each running beside the judging.
#[derive(Default)]
pub struct Searches {
    running: BTreeMap<String, Running>,
}

struct Running {
    claims: Mutex<mpsc::Receiver<Claims>>,
    cancelled: Arc<AtomicBool>,
}

impl Searches {
    /// Starts the search for each candidate of a final set.
    pub fn start<'scope>(scope: &'scope Scope<'scope, '_>, bench: &'scope Bench<'_>, cases: &[Case]) -> Self {
        let mut running = BTreeMap::new();
        if bench.plan.mode == BehaviourMode::Final && bench.plan.generation.solver_seconds > 0.0 {
            let recorded = cases.iter().filter(|case| case.header.origin == "recorded" && !case.input.is_empty());
            let inputs: Arc<Vec<Vec<u8>>> = Arc::new(recorded.take(MOST_INPUTS).map(|case| case.input.clone()).collect());
            let share = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(SEARCHES));
            for candidate in &bench.plan.candidates {
                let (tell, claims) = mpsc::channel();
                let cancelled = Arc::new(AtomicBool::new(false));
                for number in 0..share {
                    let (tell, stop, inputs) = (tell.clone(), Arc::clone(&cancelled), Arc::clone(&inputs));
                    scope.spawn(move || {
                        let began = Instant::now();
                        let mut claims = search(bench, candidate, &inputs, stop, number, share)
                            .unwrap_or_else(|error| Claims::not_run(format!("the search gave no answer: {error}")));
                        claims.summary.seconds = began.elapsed().as_secs_f64();
                        // Nobody waits for it any more once the candidate is refused.
                        let _ = tell.send(claims);
                    });
                }
                running.insert(candidate.id.clone(), Running { claims: Mutex::new(claims), cancelled });
            }
        }
        Self { running }
    }

    /// Waits for a candidate's claims; `None` where none were asked for.
    fn claims(&self, candidate: &str) -> Option<Claims> {
        let claims = self.running.get(candidate)?.claims.lock().unwrap_or_else(PoisonError::into_inner);
        claims.iter().reduce(Claims::and).or_else(|| Some(Claims::default()))
    }

    /// Ends a search that nobody needs any more.
    pub fn cancel(&self, candidate: &str) {
        if let Some(running) = self.running.get(candidate) {
            running.cancelled.store(true, Ordering::Relaxed);
        }
    }
}

/// The search with a number among those that share the candidate's time.
fn search(
    bench: &Bench<'_>,
    candidate: &CandidateSide,
    inputs: &[Vec<u8>],
    cancelled: Arc<AtomicBool>,
    number: usize,
    share: usize,
) -> Result<Claims, WorkerError> {
    let [edit] = candidate.edits.as_slice() else { return Ok(Claims::not_run("the edit touches several files")) };
    if edit.path != bench.plan.target.file {
        return Ok(Claims::not_run("the edit is not in the target's file"));
    }
    if !bench.limits.solver.is_dir() {
        return Ok(Claims::not_run("no solver is installed for this interpreter"));
    }
    let seconds = bench.plan.generation.solver_seconds / share as f64;
    let mut worker = bench.worker(&bench.baseline(), bench.first_seed())?;
    worker.cancel_by(cancelled);
    let options = json!({"source": edit.content, "seconds": seconds, "path": bench.limits.solver, "number": number});
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let patience = Duration::from_secs_f64(seconds.clamp(0.0, 3600.0) * 2.0) + GRACE;
    let answer = worker.request(operation::SOLVE, &framed(&options, &inputs), patience)?;
    let unreadable = || WorkerError::protocol("the claims could not be read");
    let parts = unframed(&answer).ok_or_else(unreadable)?;
    let [summary, file] = parts.as_slice() else { return Err(unreadable()) };
    let summary = serde_json::from_slice(summary).map_err(|_| unreadable())?;
    let cases = cases::read(*file).map_err(|_| unreadable())?;
    Ok(Claims { summary, cases })
}

impl Court<'_> {
    /// Meets what the differential search claims: only what both sides show here refuses. Answers the baseline
    /// on its inputs.
    pub(super) fn searched(&self, candidate: &CandidateSide, side: &Side, found: &mut CandidateBehaviour) -> Result<Baseline, Stop> {
        let Some(claims) = self.searches.claims(&candidate.id) else { return Ok(Baseline::default()) };
        let claimed = claims.cases.iter().filter(|case| case.header.caller.ends_with(DIFFERS)).count();
        let compared = found.generated_compared;
        let verdict = self.hold_against(claims.cases, side, found);
        let outcome = match &verdict {
            Err(_) => SolverOutcome::Reproduced,
            Ok(_) if !claims.summary.ran => SolverOutcome::NotRun,
            Ok(_) if claimed > 0 => SolverOutcome::NotReproduced,
            Ok(_) => SolverOutcome::NothingFound,
        };
        let inputs = found.generated_compared - compared;
        found.solver = Some(SolverReport { outcome, detail: detail(&claims.summary, claimed), inputs, seconds: claims.summary.seconds });
        verdict
    }

    fn hold_against(&self, claims: Vec<Case>, side: &Side, found: &mut CandidateBehaviour) -> Result<Baseline, Stop> {
        let claims: Vec<Case> = claims.into_iter().filter(|case| case.header.caller.starts_with(CALLER)).collect();
        if claims.is_empty() { Ok(Baseline::default()) } else { self.meet_further(claims, side, found) }
    }
}

fn detail(summary: &Summary, claimed: usize) -> String {
    if !summary.ran {
        return summary.reason.clone();
    }
    let extent = if summary.exhausted { "all of them" } else { "as far as its time went" };
    let differences = match claimed {
        0 => String::new(),
        1 => "; 1 difference claimed".into(),
        more => format!("; {more} differences claimed"),
    };
    format!("{} paths walked, {extent}{differences}", summary.paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_are_told_together() {
        let one = Claims { summary: Summary { ran: true, paths: 7, exhausted: true, ..Summary::default() }, cases: Vec::new() };
        let together = Claims::not_run("it broke off").and(one);
        assert_eq!(detail(&together.summary, 0), "7 paths walked, all of them");
    }

    #[test]
    fn what_a_search_did_is_told_in_words() {
        let walked = Summary { ran: true, paths: 7, exhausted: true, ..Summary::default() };
        assert_eq!(detail(&walked, 0), "7 paths walked, all of them");
        assert_eq!(detail(&Summary { exhausted: false, ..walked }, 2), "7 paths walked, as far as its time went; 2 differences claimed");
        assert_eq!(detail(&Summary::not_run("argument self is a Foo"), 0), "argument self is a Foo");
    }
}
