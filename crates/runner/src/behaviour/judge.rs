//! Judging one candidate: every expectation of the baseline, then what is left behind, then what only
//! survivors meet. A wrong candidate stops at its first difference.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::SmallRng};
use serde_json::json;
use whetstone_core::{
    cases::Case,
    plan::behaviour::{BehaviourMode, CandidateBehaviour, CandidateSide, Conclusion},
    verdict::Counterexample,
};

use super::{
    baseline::{self, Asker, Baseline, Expectation},
    bench::{Allowance, Answer, Bench},
    generated::{self, Reached, Wish},
    graph,
    outcome::Difference,
    probe::{Probe, framed},
    show,
    shrink::shrink,
};
use crate::{
    sides::Side,
    worker::{Worker, WorkerError, operation},
};

/// Probes that are repeated under each further hash seed.
const UNDER_SEEDS: usize = 40;
const SHRINKING: Duration = Duration::from_millis(150);
/// One request in so many is followed by a challenge.
const CHALLENGE_IN: u32 = 16;

/// The court: the baseline's expectations with what all candidates share.
pub struct Court<'a> {
    pub bench: &'a Bench<'a>,
    pub baseline: &'a Baseline,
    /// A baseline worker that confirms differences and helps to shrink.
    checker: Mutex<Option<Asker>>,
    seeds: Vec<OnceLock<Vec<Option<Answer>>>>,
    memory: OnceLock<Option<Kept>>,
}

/// Why a candidate is decided before the end.
struct Stop {
    conclusion: Conclusion,
    reason: String,
    counterexample: Option<Counterexample>,
}

#[derive(Clone, Copy, Debug, serde::Deserialize)]
struct Kept {
    calls: i64,
    kept: i64,
}

impl Stop {
    fn different(reason: impl Into<String>) -> Self {
        Self { conclusion: Conclusion::Different, reason: reason.into(), counterexample: None }
    }

    fn failed(error: &WorkerError) -> Self {
        Self { conclusion: Conclusion::Failed, reason: error.to_string(), counterexample: None }
    }
}

impl<'a> Court<'a> {
    /// Opens on a baseline that is established.
    pub fn new(bench: &'a Bench<'a>, baseline: &'a Baseline) -> Self {
        let seeds = bench.plan.hash_seeds.iter().skip(1).map(|_| OnceLock::new()).collect();
        Self { bench, baseline, checker: Mutex::new(None), seeds, memory: OnceLock::new() }
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
            seconds: 0.0,
        };
        if let Err(stop) = self.hear(candidate, &mut found) {
            found.conclusion = stop.conclusion;
            found.reason = stop.reason;
            found.counterexample = stop.counterexample;
        }
        found.seconds = began.elapsed().as_secs_f64();
        found
    }

    fn hear(&self, candidate: &CandidateSide, found: &mut CandidateBehaviour) -> Result<(), Stop> {
        let side = self.bench.side(&candidate.edits).map_err(|error| Stop::different(format!("the edit can't be applied: {error}")))?;
        let mut worker = self.start(&side, self.bench.first_seed())?;
        let fresh = self.bench.state(&mut worker).map_err(|error| Stop::failed(&error))?;
        self.compare(&mut worker, &side, self.baseline, found)?;
        let after = self.bench.state(&mut worker).map_err(|error| Stop::failed(&error))?;
        if let Some(change) = self.baseline.usual.unusual(&after) {
            return Err(Stop::different(format!("after the calls the process differs: {change}")));
        }
        found.memo = self.baseline.usual.memos(&fresh, &after).join(", ");
        self.memory(&mut worker, &found.memo)?;
        worker.stop();
        self.under_seeds(&side, found)?;
        self.guided(candidate, &side, found)?;
        self.is_enough(found)
    }

    /// Starts a worker; what loading changes is behaviour too.
    fn start(&self, side: &Side, hash_seed: u32) -> Result<Worker, Stop> {
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
    fn compare(&self, worker: &mut Worker, side: &Side, baseline: &Baseline, found: &mut CandidateBehaviour) -> Result<(), Stop> {
        let mut random = SmallRng::seed_from_u64(self.bench.plan.seed ^ u64::from(std::process::id()));
        for &index in &baseline.order {
            let expectation = &baseline.expectations[index];
            self.meet(worker, side, &baseline.cases, expectation)?;
            let counter = match expectation.probe.is_sequence {
                true => &mut found.sequences_compared,
                false if !expectation.probe.is_plain() => &mut found.generated_compared,
                false if baseline.cases[expectation.probe.cases[0]].header.origin == "recorded" => &mut found.recorded_compared,
                false => &mut found.generated_compared,
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

    fn meet(&self, worker: &mut Worker, side: &Side, cases: &[Case], expectation: &Expectation) -> Result<(), Stop> {
        let allowance = self.bench.candidate_allowance(expectation.cost);
        match self.bench.ask(worker, cases, &expectation.probe, allowance) {
            Ok(answer) => match self.difference(expectation, &answer) {
                Some((step, _)) => self.differs(worker, side, cases, expectation, step, &answer),
                None => Ok(()),
            },
            Err(error) => Err(self.no_answer(cases, expectation, &error)),
        }
    }

    /// The first call of a probe whose outcomes differ.
    fn difference(&self, expectation: &Expectation, answer: &Answer) -> Option<(usize, Difference)> {
        let pairs = expectation.outcomes.iter().zip(&answer.outcomes).enumerate();
        pairs.into_iter().find_map(|(step, (ours, theirs))| Some((step, ours.difference(theirs, self.bench.plan.tolerance)?)))
    }

    fn no_answer(&self, cases: &[Case], expectation: &Expectation, error: &WorkerError) -> Stop {
        let input = self.text_of(cases, &expectation.probe, expectation.probe.cases.len() - 1);
        let baseline = format!("answers in {:.1} ms", expectation.cost as f64 / 1e6);
        let aspect = if matches!(error, WorkerError::TimedOut(_)) { "time" } else { "process" };
        let source = source_of(cases, &expectation.probe);
        let counterexample = Counterexample { input, baseline, candidate: error.to_string(), aspect: aspect.into(), source };
        let conclusion = if aspect == "time" { Conclusion::Different } else { Conclusion::Failed };
        Stop { conclusion, reason: format!("no outcome: {error}"), counterexample: Some(counterexample) }
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
        if let Ok(Ok(again)) = asker.ask(self.bench, cases, &expectation.probe) {
            if self.difference(expectation, &again).is_some() {
                // The baseline doesn't repeat it either.
                return Ok(());
            }
        }
        let ours = &expectation.outcomes[step];
        let Some(mut told) = ours.difference(&answer.outcomes[step], self.bench.plan.tolerance) else { return Ok(()) };
        let mut input = self.text_of(cases, &expectation.probe, step);
        if expectation.probe.is_plain() {
            let case = &cases[expectation.probe.cases[0]];
            let aspect = told.aspect.clone();
            let mut last = None;
            shrink(&case.input, SHRINKING, |smaller| {
                let difference = self.differs_on(worker, asker, side, case, smaller).filter(|difference| difference.aspect == aspect);
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
        Err(Stop { conclusion: Conclusion::Different, reason, counterexample: Some(counterexample) })
    }

    /// Whether and how both sides part on a smaller input, where the baseline's end is worth telling.
    fn differs_on(&self, worker: &mut Worker, asker: &mut Asker, side: &Side, case: &Case, input: &[u8]) -> Option<Difference> {
        let cases = [Case { input: input.to_vec(), ..case.clone() }];
        let probe = Probe::call(0, json!({}));
        let allowance = Allowance { cpu: Duration::from_millis(200), wall: Duration::from_millis(400) };
        let ours = asker.ask(self.bench, &cases, &probe).ok()?.ok()?;
        let outcome = &ours.outcomes[0];
        if outcome.meta.limit || outcome.meta.raised == "interpreter" || !outcome.meta.opaque.is_empty() {
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

    fn text_of(&self, cases: &[Case], probe: &Probe, step: usize) -> String {
        let calls: Vec<String> = probe.cases[..=step].iter().map(|&case| self.call_text(&cases[case].input)).collect();
        let played = &probe.options[0];
        let note = match (played.get("drive"), played.get("mutate"), played.get("wrap")) {
            (Some(drive), ..) => format!("   # driven: {}", drive.as_str().unwrap_or_default()),
            (_, Some(_), _) => "   # results and arguments changed in between".into(),
            (.., Some(_)) => "   # with the callable watched".into(),
            _ => String::new(),
        };
        show::cut(calls.join("; ")) + &note
    }

    fn call_text(&self, input: &[u8]) -> String {
        let name = self.bench.plan.target.name.qualname.as_str();
        graph::parse(input).map_or_else(|| format!("{name}(...)"), |node| show::call(name, &node))
    }

    /// Drives the candidate with many distinct inputs: what it keeps must be bounded.
    fn memory(&self, worker: &mut Worker, memo: &str) -> Result<(), Stop> {
        let Some(usual) = *self.memory.get_or_init(|| {
            let mut worker = self.bench.worker(&self.bench.baseline(), self.bench.first_seed()).ok()?;
            self.kept(&mut worker, 0.15).ok()
        }) else {
            return Ok(());
        };
        let grows = |kept: Kept| {
            kept.calls > 0
                && kept.kept * usual.calls.max(1)
                    > usual.kept.max(0) * kept.calls + kept.calls * usual.calls.max(1) / 8 + 300 * usual.calls.max(1)
        };
        let kept = self.kept(worker, 0.15).map_err(|error| Stop::failed(&error))?;
        if !grows(kept) {
            return Ok(());
        }
        // A bounded memo may not have been full yet.
        let kept = self.kept(worker, 4.0).map_err(|error| Stop::failed(&error))?;
        if !grows(kept) {
            return Ok(());
        }
        let name = if memo.is_empty() { "memory" } else { memo };
        Err(Stop::different(format!(
            "{name} grows without bound: {} blocks kept over {} calls on distinct arguments",
            kept.kept, kept.calls
        )))
    }

    fn kept(&self, worker: &mut Worker, seconds: f64) -> Result<Kept, WorkerError> {
        let mut plain: Vec<&Expectation> =
            self.baseline.expectations.iter().filter(|found| found.probe.is_plain() && found.cost < 50_000_000).collect();
        plain.sort_by_key(|expectation| expectation.cost);
        let inputs: Vec<&[u8]> = plain.iter().take(8).map(|found| self.baseline.cases[found.probe.cases[0]].input.as_slice()).collect();
        if inputs.is_empty() {
            return Ok(Kept { calls: 0, kept: 0 });
        }
        let options = json!({"calls": if seconds > 1.0 { 12_000 } else { 2_500 }, "seconds": seconds});
        let answer = worker.request(operation::MEMORY, &framed(&options, &inputs), Duration::from_secs_f64(seconds * 4.0 + 10.0))?;
        serde_json::from_slice(&answer).map_err(|error| WorkerError::protocol(error.to_string()))
    }

    /// Repeats a sample of the probes under further hash seeds.
    fn under_seeds(&self, side: &Side, found: &mut CandidateBehaviour) -> Result<(), Stop> {
        found.seeds = 1;
        let sample: Vec<&Expectation> =
            self.baseline.order.iter().take(UNDER_SEEDS).map(|&index| &self.baseline.expectations[index]).collect();
        let probes: Vec<&Probe> = sample.iter().map(|expectation| &expectation.probe).collect();
        for (&seed, answers) in self.bench.plan.hash_seeds.iter().skip(1).zip(&self.seeds) {
            let answers = answers.get_or_init(|| baseline::under_seed(self.bench, &self.baseline.cases, &probes, seed).unwrap_or_default());
            let mut worker = self.start(side, seed)?;
            for (expectation, answer) in sample.iter().zip(answers) {
                let Some(answer) = answer else { continue };
                let allowance = self.bench.candidate_allowance(answer.cost.max(expectation.cost));
                let expected = Expectation { probe: expectation.probe.clone(), outcomes: answer.outcomes.clone(), cost: answer.cost };
                let theirs = self.bench.ask(&mut worker, &self.baseline.cases, &expectation.probe, allowance);
                let theirs = theirs.map_err(|error| self.no_answer(&self.baseline.cases, &expected, &error))?;
                if let Some((step, told)) = self.difference(&expected, &theirs) {
                    let input = self.text_of(&self.baseline.cases, &expectation.probe, step);
                    let reason =
                        format!("{} differs under hash seed {seed}: {input} -> {}, was {}", told.aspect, told.candidate, told.baseline);
                    let source = source_of(&self.baseline.cases, &expectation.probe);
                    let counterexample =
                        Counterexample { input, baseline: told.baseline, candidate: told.candidate, aspect: told.aspect, source };
                    return Err(Stop { conclusion: Conclusion::Different, reason, counterexample: Some(counterexample) });
                }
            }
            found.seeds += 1;
        }
        Ok(())
    }

    /// What only survivors meet: cases generated by their own branches and constants.
    fn guided(&self, candidate: &CandidateSide, side: &Side, found: &mut CandidateBehaviour) -> Result<(), Stop> {
        let seconds = self.bench.plan.generation.candidate_seconds;
        if seconds <= 0.0 || self.bench.plan.mode != BehaviourMode::Final {
            return Ok(());
        }
        let lines = self.changed_lines(candidate, side);
        let failed = |error: WorkerError| Stop::failed(&error);
        let (mut worker, mut reached) = generated::reach_of(self.bench, side, self.baseline, &lines.added).map_err(failed)?;
        let wish = Wish {
            cases: self.bench.plan.generation.cases.clamp(20, 200),
            seconds,
            seed: self.bench.plan.seed.rotate_left(17),
            sources: &lines.sources,
        };
        let more = generated::generate(self.bench, &mut worker, &self.baseline.cases, &wish).map_err(failed)?;
        reached.join(&generated::reached(&mut worker).map_err(failed)?);
        drop(worker);
        let extra = if more.is_empty() { Baseline::default() } else { self.heard(more)? };
        if !extra.expectations.is_empty() {
            let mut worker = self.start(side, self.bench.first_seed())?;
            self.compare(&mut worker, side, &extra, found)?;
            let after = self.bench.state(&mut worker).map_err(failed)?;
            if let Some(change) = extra.usual.unusual(&after) {
                return Err(Stop::different(format!("after the calls the process differs: {change}")));
            }
        }
        self.count_branches(&lines, &reached, &extra, found)
    }

    fn heard(&self, more: Vec<Case>) -> Result<Baseline, Stop> {
        let cases = more.into_iter().map(|mut case| {
            // What the candidate's own process claims of an outcome is worth nothing.
            case.outcome.clear();
            case
        });
        baseline::establish(self.bench, cases.collect()).map_err(|error| Stop {
            conclusion: Conclusion::NotEnoughEvidence,
            reason: format!("the baseline failed on further cases: {error}"),
            counterexample: None,
        })
    }

    fn count_branches(&self, lines: &Changed, reached: &Reached, extra: &Baseline, found: &mut CandidateBehaviour) -> Result<(), Stop> {
        let mut ways: Vec<(String, bool)> = reached.on_lines(&lines.added).iter().map(|(arc, met)| (arc_text(arc), *met)).collect();
        if !lines.removed.is_empty()
            && let Ok((_, mut before)) = generated::reach_of(self.bench, &self.bench.baseline(), self.baseline, &lines.removed)
        {
            if before.on_lines(&lines.removed).iter().any(|(_, met)| !met)
                && let Ok((_, more)) = generated::reach_of(self.bench, &self.bench.baseline(), extra, &lines.removed)
            {
                before.join(&more);
            }
            ways.extend(before.on_lines(&lines.removed).iter().map(|(arc, met)| (format!("removed {}", arc_text(arc)), *met)));
        }
        found.changed_branches = u32::try_from(ways.len()).unwrap_or(u32::MAX);
        let missed: Vec<&str> = ways.iter().filter(|(_, met)| !met).map(|(text, _)| text.as_str()).collect();
        found.changed_branches_reached = found.changed_branches - u32::try_from(missed.len()).unwrap_or(0);
        if self.bench.plan.minimum.changed_branches && !missed.is_empty() {
            let reason = format!("{} of {} changed branches were reached by no case: {}", missed.len(), ways.len(), missed.join("; "));
            return Err(Stop { conclusion: Conclusion::NotEnoughEvidence, reason: show::cut(reason), counterexample: None });
        }
        Ok(())
    }

    fn changed_lines(&self, candidate: &CandidateSide, side: &Side) -> Changed {
        let mut changed = Changed::default();
        let base = self.bench.baseline();
        for edit in &candidate.edits {
            let before = fs::read_to_string(base.root.join(&edit.path)).unwrap_or_default();
            let after = fs::read_to_string(side.root.join(&edit.path)).unwrap_or_default();
            if edit.path == self.bench.plan.target.file {
                (changed.removed, changed.added) = generated::changed_lines(&before, &after);
                let site = &self.bench.plan.target;
                let own =
                    before.lines().skip(site.line.saturating_sub(1) as usize).take((site.end_line + 1).saturating_sub(site.line) as usize);
                changed.sources.push(dedented(&own.collect::<Vec<_>>()));
            }
        }
        changed
    }

    fn is_enough(&self, found: &CandidateBehaviour) -> Result<(), Stop> {
        let minimum = &self.bench.plan.minimum;
        let compared = found.recorded_compared + found.generated_compared;
        let ends = self.baseline.expectations.iter().filter(|expectation| expectation.probe.is_plain());
        let distinct: BTreeSet<Vec<u8>> = ends.map(|expectation| expectation.outcomes[0].distinct()).collect();
        let reason = if compared < minimum.cases {
            format!("{compared} cases were compared, {} are asked for", minimum.cases)
        } else if distinct.len() < minimum.distinct_outcomes as usize {
            format!("the cases have {} distinct outcomes, {} are asked for", distinct.len(), minimum.distinct_outcomes)
        } else {
            return Ok(());
        };
        Err(Stop { conclusion: Conclusion::NotEnoughEvidence, reason, counterexample: None })
    }
}

/// What an edit changes of the target's file.
#[derive(Default)]
struct Changed {
    removed: BTreeSet<i64>,
    added: BTreeSet<i64>,
    /// The target as it was, for its constants.
    sources: Vec<String>,
}

fn dedented(lines: &[&str]) -> String {
    let margin = lines.iter().filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    lines.iter().map(|line| line.get(margin..).unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn arc_text(arc: &generated::Arc) -> String {
    format!("line {} ({})", arc.0, arc.2)
}

fn source_of(cases: &[Case], probe: &Probe) -> String {
    if probe.is_sequence { "sequence".into() } else { cases[probe.cases[0]].header.origin.clone() }
}
