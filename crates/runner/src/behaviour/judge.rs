//! Judging one candidate: every expectation of the baseline, then what is left behind, then what only
//! survivors meet. A wrong candidate stops at its first difference.

use std::{
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::SmallRng};
use serde_json::json;
use whetstone_core::{
    cases::Case,
    plan::behaviour::{CandidateBehaviour, CandidateSide, Conclusion},
    verdict::Counterexample,
};

use super::{
    STACK,
    baseline::{self, Asker, Baseline, Expectation},
    bench::{Allowance, Answer, Bench},
    generated, graph,
    outcome::Difference,
    probe::Probe,
    show,
    shrink::{Effort, shrink},
    solver::Searches,
    state::State,
    survivor::{Kept, Ways},
};
use crate::{
    sides::Side,
    worker::{Worker, WorkerError},
};

/// A plain call takes well under a millisecond on both sides together, so this is mostly some tenth of a second.
const SHRINKING: Effort = Effort { tries: 250, time: Duration::from_secs(30) };
/// What the candidate's process may spend on it, in nanoseconds: other processes' load counts for nothing.
const SHRINKING_CPU: u64 = 500_000_000;
/// How long a call that differs by itself is looked for.
const ALONE: Duration = Duration::from_millis(500);
/// One request in so many is followed by a challenge.
const CHALLENGE_IN: u32 = 16;

/// The court: the baseline's expectations with what all candidates share.
pub struct Court<'a> {
    pub bench: &'a Bench<'a>,
    pub baseline: &'a Baseline,
    /// A baseline worker that confirms differences and helps to shrink.
    checker: Mutex<Option<Asker>>,
    pub(super) seeds: Vec<OnceLock<Vec<Option<Answer>>>>,
    pub(super) memory: OnceLock<Option<Kept>>,
    pub(super) searches: &'a Searches,
    /// The baseline on inputs that are drawn once for all candidates; or why there are none.
    pub(super) drawn: OnceLock<Result<Baseline, String>>,
}

/// Why a candidate is decided before the end.
pub(super) struct Stop {
    pub conclusion: Conclusion,
    pub reason: String,
    pub counterexample: Option<Box<Counterexample>>,
}

/// How a candidate met an expectation that refuses it not.
enum Met {
    Alike,
    /// It differed, and so does the baseline after the same calls.
    AfterOthers,
}

impl Stop {
    pub(super) fn different(reason: impl Into<String>) -> Self {
        Self { conclusion: Conclusion::Different, reason: reason.into(), counterexample: None }
    }

    pub(super) fn not_enough(reason: impl Into<String>) -> Self {
        Self { conclusion: Conclusion::NotEnoughEvidence, ..Self::different(reason) }
    }

    pub(super) fn failed(error: &WorkerError) -> Self {
        Self { conclusion: Conclusion::Failed, reason: error.to_string(), counterexample: None }
    }
}

impl<'a> Court<'a> {
    /// Opens on a baseline that is established.
    pub fn new(bench: &'a Bench<'a>, baseline: &'a Baseline, searches: &'a Searches) -> Self {
        let seeds = bench.plan.hash_seeds.iter().skip(1).map(|_| OnceLock::new()).collect();
        Self { bench, baseline, checker: Mutex::new(None), seeds, memory: OnceLock::new(), searches, drawn: OnceLock::new() }
    }

    /// Judges one candidate.
    pub fn judge(&self, candidate: &CandidateSide) -> CandidateBehaviour {
        let began = Instant::now();
        let mut found = CandidateBehaviour {
            id: candidate.id.clone(),
            conclusion: Conclusion::Same,
            reason: String::new(),
            counterexample: None,
            recorded_compared: 0,
            generated_compared: 0,
            sequences_compared: 0,
            seeds: 0,
            changed_branches: 0,
            changed_branches_reached: 0,
            memo: String::new(),
            sources: Vec::new(),
            solver: None,
            seconds: 0.0,
        };
        if let Err(stop) = self.hear(candidate, &mut found) {
            found.conclusion = stop.conclusion;
            found.reason = stop.reason;
            found.counterexample = stop.counterexample.map(|counterexample| *counterexample);
        }
        self.searches.cancel(&candidate.id);
        found.seconds = began.elapsed().as_secs_f64();
        found
    }

    fn hear(&self, candidate: &CandidateSide, found: &mut CandidateBehaviour) -> Result<(), Stop> {
        let side = self.bench.side(&candidate.edits).map_err(|error| Stop::different(format!("the edit can't be applied: {error}")))?;
        let ways = if self.bench.plan.candidates.len() > 1 {
            self.under_first_seed(&side, found)?;
            self.beyond(candidate, &side, found)?
        } else {
            self.side_by_side(candidate, &side, found)?
        };
        self.is_enough(found)?;
        self.drawn(&side, found)?;
        let further = self.searched(candidate, &side, found)?;
        ways.map_or(Ok(()), |ways| self.are_reached(ways, &further, &side, found))
    }

    /// A lone candidate leaves a processor free: what only survivors meet begins beside the rest. What
    /// comes first is told first, as if it had been met first.
    fn side_by_side(&self, candidate: &CandidateSide, side: &Side, found: &mut CandidateBehaviour) -> Result<Option<Ways>, Stop> {
        let mut more = found.clone();
        let (first, further) = std::thread::scope(|scope| {
            let beyond = || self.beyond(candidate, side, &mut more);
            let hand = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, beyond).expect("a thread can be started");
            let first = self.under_first_seed(side, found);
            (first, hand.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        first?;
        let ways = further?;
        found.recorded_compared += more.recorded_compared;
        found.generated_compared += more.generated_compared;
        found.sequences_compared += more.sequences_compared;
        found.seeds = more.seeds;
        more.sources.into_iter().for_each(|(source, count)| generated::add_source(&mut found.sources, &source, count));
        Ok(ways)
    }

    /// Other hash seeds, and cases guided by the candidate.
    fn beyond(&self, candidate: &CandidateSide, side: &Side, found: &mut CandidateBehaviour) -> Result<Option<Ways>, Stop> {
        self.under_seeds(side, found)?;
        self.guided(candidate, side, found)
    }

    /// Every expectation, and what is left behind.
    fn under_first_seed(&self, side: &Side, found: &mut CandidateBehaviour) -> Result<(), Stop> {
        let mut worker = self.start(side, self.bench.first_seed())?;
        let fresh = self.bench.state(&mut worker).map_err(|error| Stop::failed(&error))?;
        self.compare(&mut worker, side, self.baseline, found)?;
        let after = self.bench.state(&mut worker).map_err(|error| Stop::failed(&error))?;
        self.leaves_the_usual(self.baseline, &after)?;
        if let Some(hidden) = self.baseline.usual.hidden(&after) {
            return Err(Stop::different(format!("state that outlives a call must be comparable: {hidden}")));
        }
        found.memo = self.baseline.usual.memos(&fresh, &after).join(", ");
        if !found.memo.is_empty() {
            self.memo_rests(&mut worker, side)?;
        }
        self.memory(&mut worker, &found.memo)?;
        worker.stop();
        Ok(())
    }

    /// Refuses what the calls left otherwise than the baseline does. A fresh baseline is asked just the same first: what was
    /// no evidence, and was not asked of the candidate, may have left something as well.
    pub(super) fn leaves_the_usual(&self, baseline: &Baseline, after: &State) -> Result<(), Stop> {
        if baseline.usual.unusual(after).is_none() {
            return Ok(());
        }
        let again = baseline::state_after(self.bench, baseline)
            .map_err(|error| Stop::not_enough(format!("the baseline failed when it was asked again: {error}")))?;
        match baseline.usual.or_as_in(&again).unusual(after) {
            Some(change) => Err(Stop::different(format!("after the calls the process differs: {change}"))),
            None => Ok(()),
        }
    }

    /// What calls leave behind may answer them again, and may not count them: calls that were just made change nothing.
    fn memo_rests(&self, worker: &mut Worker, side: &Side) -> Result<(), Stop> {
        for expectation in self.baseline.repeated() {
            let mut after = || {
                self.meet(worker, side, self.baseline, expectation, &self.baseline.order)?;
                self.bench.state(worker).map_err(|error| Stop::failed(&error))
            };
            let (once, twice) = (after()?, after()?);
            if let Some(name) = self.baseline.usual.restless(&once, &twice) {
                return Err(Stop::different(format!("{name} changes when a call is repeated: it is no memo")));
            }
        }
        Ok(())
    }

    /// Starts a worker; what loading changes is behaviour too.
    pub(super) fn start(&self, side: &Side, hash_seed: u32) -> Result<Worker, Stop> {
        let worker = self.bench.worker(side, hash_seed).map_err(|error| Stop {
            conclusion: Conclusion::Failed,
            reason: format!("the candidate does not load: {error}"),
            counterexample: None,
        })?;
        match self.baseline.usual.unusual_load(worker.loaded()) {
            Some(change) => Err(Stop::different(format!("loading the module changes the process: {change}"))),
            None => Ok(worker),
        }
    }

    /// Meets every expectation of `baseline`, with challenges at drawn moments.
    pub(super) fn compare(
        &self,
        worker: &mut Worker,
        side: &Side,
        baseline: &Baseline,
        found: &mut CandidateBehaviour,
    ) -> Result<(), Stop> {
        let mut random = SmallRng::seed_from_u64(self.bench.plan.seed ^ u64::from(std::process::id()));
        let mut fresh_at = 0;
        for (position, &index) in baseline.order.iter().enumerate() {
            let expectation = &baseline.expectations[index];
            if let Met::AfterOthers = self.meet(worker, side, baseline, expectation, &baseline.order[fresh_at..position])? {
                // What spoiled this call would spoil further ones.
                *worker = self.start(side, self.bench.first_seed())?;
                fresh_at = position + 1;
            }
            let first = &baseline.cases[expectation.probe.cases[0]].header;
            let counter = match expectation.probe.is_sequence {
                true => &mut found.sequences_compared,
                false if !expectation.probe.is_plain() => &mut found.generated_compared,
                false if first.origin == "recorded" => &mut found.recorded_compared,
                false => {
                    generated::count_source(&mut found.sources, first);
                    &mut found.generated_compared
                }
            };
            *counter += 1;
            if random.random_range(0..CHALLENGE_IN) == 0 {
                self.challenge(worker, random.random())?;
            }
        }
        self.challenge(worker, random.random())
    }

    fn challenge(&self, worker: &mut Worker, nonce: u64) -> Result<(), Stop> {
        self.bench.challenge(worker, nonce).map_err(|error| Stop::failed(&error))
    }

    /// `before` are the expectations that the worker met since it started.
    fn meet(
        &self,
        worker: &mut Worker,
        side: &Side,
        baseline: &Baseline,
        expectation: &Expectation,
        before: &[usize],
    ) -> Result<Met, Stop> {
        let cases = &baseline.cases;
        let allowance = self.bench.candidate_allowance(expectation.cost);
        match self.bench.ask(worker, cases, &expectation.probe, allowance) {
            Ok(answer) => match self.difference(expectation, &answer) {
                Some(_) if self.is_due_to_others(side, baseline, expectation, before)? => Ok(Met::AfterOthers),
                Some((step, _)) => {
                    self.differs_alone(side, cases, expectation.probe.cases[step], &expectation.probe)?;
                    self.differs(worker, side, cases, expectation, step, &answer)?;
                    Ok(Met::Alike)
                }
                None => Ok(Met::Alike),
            },
            Err(error) => Err(self.no_answer(cases, expectation, &error)),
        }
    }

    /// Whether a difference comes of the calls before, and of the baseline's as well: a generated input may hold what belongs to
    /// the repository, and a call that changes it changes what later calls come to. By itself the candidate answers as
    /// expected then, and the baseline does not after the same calls.
    fn is_due_to_others(&self, side: &Side, baseline: &Baseline, expectation: &Expectation, before: &[usize]) -> Result<bool, Stop> {
        if before.is_empty() {
            return Ok(false);
        }
        let differs = |answer: &Answer| self.difference(expectation, answer).is_some();
        let mut alone = self.start(side, self.bench.first_seed())?;
        let allowance = self.bench.candidate_allowance(expectation.cost);
        let answer = self.bench.ask(&mut alone, &baseline.cases, &expectation.probe, allowance);
        if answer.is_err() || answer.is_ok_and(|answer| differs(&answer)) {
            return Ok(false);
        }
        let Ok(mut asker) = baseline::asked(self.bench, baseline, before) else { return Ok(false) };
        let again = asker.ask(self.bench, &baseline.cases, &expectation.probe);
        Ok(matches!(again, Ok(Ok(answer)) if differs(&answer)))
    }

    /// Where a sequence differs, a call that differs by itself is told instead, if there is one: the same
    /// call, else the cheapest. A fresh worker is asked, on which no sequence has left anything.
    fn differs_alone(&self, side: &Side, cases: &[Case], case: usize, within: &Probe) -> Result<(), Stop> {
        if within.is_plain() || !std::ptr::eq(cases.as_ptr(), self.baseline.cases.as_ptr()) {
            return Ok(());
        }
        let mut alone: Vec<&Expectation> = self.baseline.expectations.iter().filter(|found| found.probe.is_plain()).collect();
        alone.sort_by_key(|found| (found.probe.cases[0] != case, found.cost));
        let mut worker = self.start(side, self.bench.first_seed())?;
        let until = Instant::now() + ALONE;
        for alone in alone {
            match self.bench.ask(&mut worker, cases, &alone.probe, self.bench.candidate_allowance(alone.cost)) {
                Ok(answer) if self.difference(alone, &answer).is_some() => {
                    return self.differs(&mut worker, side, cases, alone, 0, &answer);
                }
                Ok(_) if Instant::now() < until => {}
                Ok(_) => break,
                Err(error) => return Err(self.no_answer(cases, alone, &error)),
            }
        }
        Ok(())
    }

    /// The first call of a probe whose outcomes differ.
    pub(super) fn difference(&self, expectation: &Expectation, answer: &Answer) -> Option<(usize, Difference)> {
        let pairs = expectation.outcomes.iter().zip(&answer.outcomes).enumerate();
        pairs.into_iter().find_map(|(step, (ours, theirs))| Some((step, ours.difference(theirs, self.bench.plan.tolerance)?)))
    }

    pub(super) fn no_answer(&self, cases: &[Case], expectation: &Expectation, error: &WorkerError) -> Stop {
        let input = self.text_of(cases, &expectation.probe, expectation.probe.cases.len() - 1);
        let baseline = format!("answers in {:.1} ms", expectation.cost as f64 / 1e6);
        let aspect = if matches!(error, WorkerError::TimedOut(_)) { "time" } else { "process" };
        let source = source_of(cases, &expectation.probe);
        let counterexample = Counterexample { input, baseline, candidate: error.to_string(), aspect: aspect.into(), source };
        let conclusion = if aspect == "time" { Conclusion::Different } else { Conclusion::Failed };
        let reason = format!("no outcome: {error}: {}", counterexample.input);
        Stop { conclusion, reason, counterexample: Some(Box::new(counterexample)) }
    }

    /// Confirms a difference with a fresh baseline, makes it small and tells it.
    fn differs(
        &self,
        worker: &mut Worker,
        side: &Side,
        cases: &[Case],
        expectation: &Expectation,
        step: usize,
        answer: &Answer,
    ) -> Result<(), Stop> {
        let mut checker = self.checker.lock().unwrap_or_else(PoisonError::into_inner);
        if checker.is_none() {
            *checker = Asker::start(self.bench).ok();
        }
        let Some(asker) = checker.as_mut() else { return Err(Stop::different("differs from the baseline")) };
        if let Ok(Ok(again)) = asker.ask(self.bench, cases, &expectation.probe)
            && self.difference(expectation, &again).is_some()
        {
            // The baseline doesn't repeat it either.
            return Ok(());
        }
        let ours = &expectation.outcomes[step];
        let Some(mut told) = ours.difference(&answer.outcomes[step], self.bench.plan.tolerance) else { return Ok(()) };
        let mut input = self.text_of(cases, &expectation.probe, step);
        if expectation.probe.is_plain() {
            let case = &cases[expectation.probe.cases[0]];
            let aspect = told.aspect.clone();
            let raised = ours.meta.raised.clone();
            let mut last = None;
            let began = worker.clocks().cpu_ns;
            shrink(&case.input, SHRINKING, |smaller| {
                if worker.clocks().cpu_ns.saturating_sub(began) > SHRINKING_CPU {
                    return false;
                }
                let difference =
                    self.differs_on(worker, asker, side, case, (smaller, &raised)).filter(|difference| difference.aspect == aspect);
                let is_found = difference.is_some();
                last = difference.map(|difference| (smaller.to_vec(), difference)).or_else(|| last.take());
                is_found
            });
            if let Some((smaller, difference)) = last {
                told = difference;
                input = self.call_text(&smaller);
            }
        }
        let source = source_of(cases, &expectation.probe);
        let reason = format!("{} differs: {} -> {}, was {}", told.aspect, input, told.candidate, told.baseline);
        let counterexample = Counterexample { input, baseline: told.baseline, candidate: told.candidate, aspect: told.aspect, source };
        Err(Stop { conclusion: Conclusion::Different, reason, counterexample: Some(Box::new(counterexample)) })
    }

    /// Whether and how both sides part on a smaller input, where the baseline's end is worth telling: an
    /// error of the interpreter is, where the larger input met one too.
    fn differs_on(
        &self,
        worker: &mut Worker,
        asker: &mut Asker,
        side: &Side,
        case: &Case,
        (input, raised): (&[u8], &str),
    ) -> Option<Difference> {
        let cases = [Case { input: input.to_vec(), ..case.clone() }];
        let probe = Probe::call(0, json!({}));
        let allowance = Allowance { cpu: Duration::from_millis(200), wall: Duration::from_secs(4) };
        let ours = asker.ask(self.bench, &cases, &probe).ok()?.ok()?;
        let outcome = &ours.outcomes[0];
        let is_new_error = outcome.meta.raised == "interpreter" && raised != "interpreter";
        if outcome.meta.limit || is_new_error || !outcome.meta.opaque.is_empty() {
            return None;
        }
        match self.bench.ask(worker, &cases, &probe, allowance) {
            Ok(theirs) => outcome.difference(&theirs.outcomes[0], self.bench.plan.tolerance),
            Err(WorkerError::Refused(_)) => None,
            Err(_) => {
                *worker = self.bench.worker(side, self.bench.first_seed()).ok()?;
                None
            }
        }
    }

    pub(super) fn text_of(&self, cases: &[Case], probe: &Probe, step: usize) -> String {
        let calls: Vec<String> = probe.cases[..=step].iter().map(|&case| self.call_text(&cases[case].input)).collect();
        let played = &probe.options[0];
        let note = match (played.get("drive"), played.get("mutate"), played.get("wrap")) {
            (Some(drive), ..) => format!("   # driven: {}", drive.as_str().unwrap_or_default()),
            (_, Some(_), _) => "   # results and arguments changed in between".into(),
            (.., Some(way)) => match way.as_str() {
                Some("raises") => "   # with a callable that raises from its second call on".into(),
                Some("silent") => "   # with a callable that gives nothing back".into(),
                Some("changes") => "   # with a callable that changes its argument".into(),
                _ => "   # with the callable watched".into(),
            },
            _ => String::new(),
        };
        show::cut(calls.join("; ")) + &note
    }

    fn call_text(&self, input: &[u8]) -> String {
        let name = self.bench.plan.target.name.qualname.as_str();
        graph::parse(input).map_or_else(|| format!("{name}(...)"), |node| show::call(name, &node))
    }
}

pub(super) fn source_of(cases: &[Case], probe: &Probe) -> String {
    if probe.is_sequence { "sequence".into() } else { cases[probe.cases[0]].header.origin.clone() }
}
