//! What only survivors meet: many distinct inputs, other hash seeds, cases guided by their own branches.

use std::{collections::BTreeSet, fs, time::Duration};

use serde_json::json;
use whetstone_core::{
    cases::Case,
    plan::behaviour::{BehaviourMode, CandidateBehaviour, CandidateSide, Conclusion},
    verdict::Counterexample,
};

use super::{
    baseline::{self, Baseline, Expectation},
    bench::Bench,
    generated::{self, Reached, Wish},
    judge::{Court, Stop, source_of},
    probe::{Probe, framed},
    show,
};
use crate::{
    RunnerError,
    sides::Side,
    worker::{Worker, WorkerError, operation},
};

/// Processes that draw inputs, and processor seconds of each.
const DRAWERS: u32 = 2;
const DRAWING: f64 = 6.0;
/// Probes that are repeated under each further hash seed.
const UNDER_SEEDS: usize = 40;

/// What many calls on distinct arguments kept.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
pub struct Kept {
    calls: i64,
    kept: i64,
}

impl Court<'_> {
    /// Drives the candidate with many distinct inputs: what it keeps must be bounded.
    pub(super) fn memory(&self, worker: &mut Worker, memo: &str) -> Result<(), Stop> {
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
        let plain = self.baseline.plain().into_iter().filter(|found| found.cost < 50_000_000);
        let inputs: Vec<&[u8]> = plain.take(8).map(|found| self.baseline.cases[found.probe.cases[0]].input.as_slice()).collect();
        if inputs.is_empty() {
            return Ok(Kept { calls: 0, kept: 0 });
        }
        let options = json!({"calls": if seconds > 1.0 { 12_000 } else { 2_500 }, "seconds": seconds});
        let answer = worker.request(operation::MEMORY, &framed(&options, &inputs), Duration::from_secs_f64(seconds * 4.0 + 10.0))?;
        serde_json::from_slice(&answer).map_err(|error| WorkerError::protocol(error.to_string()))
    }

    /// Repeats a sample of the probes under further hash seeds.
    pub(super) fn under_seeds(&self, side: &Side, found: &mut CandidateBehaviour) -> Result<(), Stop> {
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
                    return Err(Stop { conclusion: Conclusion::Different, reason, counterexample: Some(Box::new(counterexample)) });
                }
            }
            found.seeds += 1;
        }
        Ok(())
    }

    /// What only survivors meet: cases generated by their own branches and constants. Answers which ways of
    /// the changed branches are reached by now.
    pub(super) fn guided(&self, candidate: &CandidateSide, side: &Side, found: &mut CandidateBehaviour) -> Result<Option<Ways>, Stop> {
        let seconds = self.bench.plan.generation.candidate_seconds;
        if seconds <= 0.0 || self.bench.plan.mode != BehaviourMode::Final {
            return Ok(None);
        }
        let lines = self.changed_lines(candidate, side);
        let failed = |error: WorkerError| Stop::failed(&error);
        let (mut worker, mut reached) = generated::reach_of(self.bench, side, self.baseline, &lines.added).map_err(failed)?;
        let wish = Wish {
            cases: self.bench.plan.generation.cases.clamp(20, 200),
            seconds,
            seed: self.bench.plan.seed.rotate_left(17),
            sources: &lines.sources,
            is_candidate: true,
            draws: 0,
        };
        let more = generated::generate(self.bench, &mut worker, &self.baseline.cases, &wish, &[]).map_err(failed)?;
        reached.join(&generated::reached(&mut worker).map_err(failed)?);
        drop(worker);
        let extra = if more.is_empty() { Baseline::default() } else { self.meet_further(more, side, found)? };
        let removed = if lines.removed.is_empty() {
            None
        } else {
            generated::reach_of(self.bench, &self.bench.baseline(), self.baseline, &lines.removed).ok().map(|(_, reached)| reached)
        };
        let mut ways = Ways { lines, added: reached, removed };
        self.reach_more(&mut ways, &extra, None);
        Ok(Some(ways))
    }

    /// What only survivors meet: inputs with several changes at once, the same for all candidates.
    pub(super) fn drawn(&self, side: &Side, found: &mut CandidateBehaviour) -> Result<(), Stop> {
        if self.bench.plan.generation.draws == 0 {
            return Ok(());
        }
        match self.drawn.get_or_init(|| self.draw().map_err(|error| error.to_string())) {
            Ok(drawn) => self.meet_all(drawn, side, found),
            Err(error) => Err(Stop::not_enough(format!("no inputs could be drawn: {error}"))),
        }
    }

    /// Draws in several processes, each from a seed of its own.
    fn draw(&self) -> Result<Baseline, RunnerError> {
        let failed = |error: WorkerError| RunnerError::Failed(format!("the baseline: {error}"));
        let plan = self.bench.plan;
        let sources: Vec<String> = plan.candidates.iter().flat_map(|candidate| added_text(self.bench, candidate)).collect();
        let draw = |part: u32| {
            let mut worker = self.bench.worker(&self.bench.baseline(), self.bench.first_seed())?;
            let seed = plan.seed.rotate_left(29 + part);
            let draws = plan.generation.draws.div_ceil(DRAWERS);
            let wish = Wish { cases: 0, seconds: DRAWING, seed, sources: &sources, is_candidate: false, draws };
            let mut cases = generated::generate(self.bench, &mut worker, &self.baseline.cases, &wish, &[])?;
            cases.iter_mut().for_each(|case| case.header.id.push_str(&format!("/{part}")));
            Ok((worker, cases))
        };
        let mut drawn = std::thread::scope(|scope| {
            let parts: Vec<_> = (0..DRAWERS).map(|part| scope.spawn(move || draw(part))).collect();
            let joined = parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            joined.collect::<Result<Vec<_>, _>>().map_err(failed)
        })?;
        let mut known = BTreeSet::new();
        let cases = drawn.iter_mut().flat_map(|(_, cases)| std::mem::take(cases)).filter(|case| known.insert(case.input.clone())).collect();
        // The others end with `drawn`.
        let worker = drawn.swap_remove(0).0;
        baseline::establish_made(self.bench, worker, cases)
    }

    /// Establishes the baseline on further inputs and holds the candidate to it.
    pub(super) fn meet_further(&self, more: Vec<Case>, side: &Side, found: &mut CandidateBehaviour) -> Result<Baseline, Stop> {
        let extra = self.heard(more)?;
        self.meet_all(&extra, side, found)?;
        Ok(extra)
    }

    fn meet_all(&self, extra: &Baseline, side: &Side, found: &mut CandidateBehaviour) -> Result<(), Stop> {
        if extra.expectations.is_empty() {
            return Ok(());
        }
        let mut worker = self.start(side, self.bench.first_seed())?;
        self.compare(&mut worker, side, extra, found)?;
        let after = self.bench.state(&mut worker).map_err(|error| Stop::failed(&error))?;
        self.leaves_the_usual(extra, &after)
    }

    fn heard(&self, more: Vec<Case>) -> Result<Baseline, Stop> {
        let cases = more.into_iter().map(|mut case| {
            // What the candidate's own process claims of an outcome is worth nothing.
            case.outcome.clear();
            case
        });
        baseline::establish(self.bench, cases.collect())
            .map_err(|error| Stop::not_enough(format!("the baseline failed on further cases: {error}")))
    }

    /// Counts the ways of changed branches that are still unreached as reached where further cases do so, on the
    /// baseline, and on a candidate's side that has not met them yet.
    fn reach_more(&self, ways: &mut Ways, further: &Baseline, side: Option<&Side>) {
        let reach = |side: &Side, lines: &BTreeSet<i64>, known: &mut Reached| {
            if !further.cases.is_empty()
                && known.on_lines(lines).iter().any(|(_, met)| !met)
                && let Ok((_, more)) = generated::reach_of(self.bench, side, further, lines)
            {
                known.join(&more);
            }
        };
        if let Some(side) = side {
            reach(side, &ways.lines.added, &mut ways.added);
        }
        if let Some(removed) = &mut ways.removed {
            reach(&self.bench.baseline(), &ways.lines.removed, removed);
        }
    }

    /// Whether every way of a branch that the edit adds or takes away was reached, by what the search found too.
    pub(super) fn are_reached(&self, mut ways: Ways, further: &Baseline, side: &Side, found: &mut CandidateBehaviour) -> Result<(), Stop> {
        self.reach_more(&mut ways, further, Some(side));
        if let Some(Ok(drawn)) = self.drawn.get() {
            self.reach_more(&mut ways, drawn, Some(side));
        }
        let missed;
        (found.changed_branches, found.changed_branches_reached, missed) = count(&ways.all(), "case");
        match missed.filter(|_| self.bench.plan.minimum.changed_branches) {
            Some(reason) => Err(Stop::not_enough(reason)),
            None => Ok(()),
        }
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

    pub(super) fn is_enough(&self, found: &CandidateBehaviour) -> Result<(), Stop> {
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
        Err(Stop::not_enough(reason))
    }
}

/// The lines that an edit adds, for their constants.
fn added_text(bench: &Bench<'_>, candidate: &CandidateSide) -> Option<String> {
    let edit = candidate.edits.iter().find(|edit| edit.path == bench.plan.target.file)?;
    let before = fs::read_to_string(bench.baseline().root.join(&edit.path)).unwrap_or_default();
    let (_, added) = generated::changed_lines(&before, &edit.content);
    let lines = edit.content.lines().zip(1..).filter(|(_, line)| added.contains(line)).map(|(text, _)| text);
    Some(dedented(&lines.collect::<Vec<_>>()))
}

/// The branches that an edit adds and takes away, with what is reached of them.
pub struct Ways {
    lines: Changed,
    added: Reached,
    removed: Option<Reached>,
}

impl Ways {
    fn all(&self) -> Vec<(String, bool)> {
        let mut all = ways(&self.added, &self.lines.added, "");
        all.extend(self.removed.iter().flat_map(|removed| ways(removed, &self.lines.removed, "removed ")));
        all
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

/// How many ways there are, how many of them are met, and what tells of the rest: that no `what` reaches them.
pub fn count(ways: &[(String, bool)], what: &str) -> (u32, u32, Option<String>) {
    let missed: Vec<&str> = ways.iter().filter(|(_, met)| !met).map(|(text, _)| text.as_str()).collect();
    let all = u32::try_from(ways.len()).unwrap_or(u32::MAX);
    let reason = format!("{} of {} changed branches were reached by no {what}: {}", missed.len(), ways.len(), missed.join("; "));
    (all, all - u32::try_from(missed.len()).unwrap_or(0), (!missed.is_empty()).then(|| show::cut(reason)))
}

/// The ways of the jumps on some lines as text, with whether each was met.
pub fn ways(reached: &Reached, lines: &BTreeSet<i64>, prefix: &str) -> Vec<(String, bool)> {
    let text = |(arc, met): (&generated::Arc, bool)| (format!("{prefix}line {} ({})", arc.0, arc.2), met);
    reached.on_lines(lines).into_iter().map(text).collect()
}
