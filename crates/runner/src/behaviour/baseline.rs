//! What the baseline does: its outcome to every probe, kept where it gives it again in another process.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::json;
use whetstone_core::cases::{Case, CaseMode};

use super::{
    bench::{Answer, Bench},
    outcome::Outcome,
    probe::{self, Probe},
    state::{State, Usual},
    sweep,
};
use crate::{
    RunnerError,
    worker::{Loaded, Worker, WorkerError},
};

/// What the baseline's own calls may take on small inputs that are tried for completeness.
const SMALL_TIME: Duration = Duration::from_millis(600);
/// Calls that are made again at once.
const REPEATED: usize = 6;
/// How generation marks an input with types that no recorded call had (generate.py).
pub(super) const UNOBSERVED: &str = "types not observed";

/// A probe with what the baseline does on it.
#[derive(Clone, Debug)]
pub struct Expectation {
    pub probe: Probe,
    pub outcomes: Vec<Outcome>,
    /// Wall nanoseconds that the baseline's worker took to answer.
    pub cost: u64,
}

/// Everything that candidates are compared with.
#[derive(Default)]
pub struct Baseline {
    pub cases: Vec<Case>,
    pub expectations: Vec<Expectation>,
    /// The order in which candidates meet the expectations.
    pub order: Vec<usize>,
    pub usual: Usual,
    pub recorded: u32,
    pub replayed: u32,
    /// Recorded cases that no replay can judge.
    pub rerun: Vec<Case>,
    pub dropped: BTreeMap<String, u32>,
    pub seconds: f64,
}

impl Baseline {
    /// Plain calls in the order of their cost.
    pub fn plain(&self) -> Vec<&Expectation> {
        let mut found: Vec<&Expectation> = self.expectations.iter().filter(|expectation| expectation.probe.is_plain()).collect();
        found.sort_by_key(|expectation| expectation.cost);
        found
    }

    /// Calls that are made again at once, for what keeps the last ones.
    pub fn repeated(&self) -> impl Iterator<Item = &Expectation> {
        self.plain().into_iter().filter(|expectation| expectation.outcomes[0].returned()).take(REPEATED)
    }

    fn drop_case(&mut self, reason: impl Into<String>) {
        *self.dropped.entry(reason.into()).or_default() += 1;
    }
}

/// Replays `cases` on the baseline in two processes and keeps what it repeats.
///
/// # Errors
/// If the baseline itself can't be loaded.
pub fn establish(bench: &Bench<'_>, cases: Vec<Case>) -> Result<Baseline, RunnerError> {
    let began = Instant::now();
    let mut baseline = Baseline { cases, ..Baseline::default() };
    let mut first = Asker::start(bench)?;
    let plain = replay(bench, &mut first, &mut baseline)?;
    let mut found: Vec<(Probe, Answer)> = Vec::new();
    let outcomes: Vec<(usize, Outcome)> = plain.iter().map(|(case, answer)| (*case, answer.outcomes[0].clone())).collect();
    for probe in probe::further(&baseline.cases, &outcomes, bench.plan.seed) {
        if let Ok(answer) = first.ask(bench, &baseline.cases, &probe)?
            && is_evidence(&answer)
            && raises_nothing_new(&probe, &answer, &outcomes)
        {
            found.push((probe, answer));
        }
    }
    found.extend(short_of_stack(bench, &mut first, &baseline.cases, &plain)?);
    found.extend(plain.into_iter().map(|(case, answer)| (Probe::call(case, json!({})), answer)));
    let one = first.state(bench)?;
    let loaded = first.worker.loaded().clone();
    first.worker.stop();
    settle(bench, &mut baseline, found, &one, &loaded)?;
    baseline.seconds = began.elapsed().as_secs_f64();
    Ok(baseline)
}

/// The baseline on cases that carry what its own `worker` came to on them: asked again in a second process only, and of plain
/// calls alone.
///
/// # Errors
/// If the baseline itself can't be loaded.
pub fn establish_made(bench: &Bench<'_>, mut worker: Worker, cases: Vec<Case>) -> Result<Baseline, RunnerError> {
    let began = Instant::now();
    let mut baseline = Baseline { cases, ..Baseline::default() };
    let answers = baseline.cases.iter().enumerate().filter_map(|(index, case)| {
        let outcome = Outcome::parse(&case.outcome)?;
        let cost = outcome.meta.elapsed;
        Some((Probe::call(index, json!({})), Answer { outcomes: vec![outcome], cost }))
    });
    let found = answers.collect();
    let one = state_of(bench, &mut worker)?;
    let loaded = worker.loaded().clone();
    worker.stop();
    settle(bench, &mut baseline, found, &one, &loaded)?;
    baseline.seconds = began.elapsed().as_secs_f64();
    Ok(baseline)
}

/// Keeps of what one process `found` what another repeats.
fn settle(
    bench: &Bench<'_>,
    baseline: &mut Baseline,
    found: Vec<(Probe, Answer)>,
    one: &State,
    loaded: &Loaded,
) -> Result<(), RunnerError> {
    let other = repeat(bench, baseline, found)?;
    baseline.usual = Usual::of(one, &other, loaded).without_placed(baseline.cases.iter().map(|case| &case.input));
    let costs: Vec<u64> = baseline.expectations.iter().map(|expectation| expectation.cost).collect();
    let probes: Vec<Probe> = baseline.expectations.iter().map(|expectation| expectation.probe.clone()).collect();
    baseline.order = probe::order(&baseline.cases, &probes, &costs, bench.plan.seed);
    Ok(())
}

fn state_of(bench: &Bench<'_>, worker: &mut Worker) -> Result<State, RunnerError> {
    bench.state(worker).map_err(|error| RunnerError::Failed(format!("the baseline: {error}")))
}

/// Replays each case alone; those that the live workload's outcome shows to be faithful go on.
fn replay(bench: &Bench<'_>, asker: &mut Asker, baseline: &mut Baseline) -> Result<Vec<(usize, Answer)>, RunnerError> {
    let mut found = Vec::new();
    let mut small_time = Duration::ZERO;
    for index in 0..baseline.cases.len() {
        let header = &baseline.cases[index].header;
        let is_recorded = header.origin == "recorded";
        baseline.recorded += u32::from(is_recorded);
        if header.mode != CaseMode::Replay {
            let case = baseline.cases[index].clone();
            baseline.drop_case(case.header.reason());
            baseline.rerun.push(case);
            continue;
        }
        let is_small = header.caller.starts_with(sweep::CALLER);
        if is_small && small_time > SMALL_TIME {
            continue;
        }
        let answer = asker.ask(bench, &baseline.cases, &Probe::call(index, json!({})))?;
        if is_small {
            small_time += answer.as_ref().map_or(SMALL_TIME / 4, |answer| Duration::from_nanos(answer.outcomes[0].meta.elapsed));
        }
        let live = Outcome::parse(&baseline.cases[index].outcome).filter(|_| is_recorded);
        let is_unobserved = header.caller.contains(UNOBSERVED);
        match admit(answer, live.as_ref(), is_unobserved) {
            Ok(mut answer) => {
                // What the program itself meets is held to the very error.
                answer.outcomes[0].meta.beyond &= !is_recorded;
                if is_recorded {
                    answer.outcomes[0].meta.unordered.clear();
                }
                baseline.replayed += u32::from(is_recorded);
                found.push((index, answer));
            }
            Err(reason) => {
                if is_recorded {
                    baseline.rerun.push(baseline.cases[index].clone());
                }
                baseline.drop_case(reason);
            }
        }
        bench.progress("replay", index + 1, baseline.cases.len());
    }
    Ok(found)
}

/// Why a replayed case is no evidence, or its answer.
fn admit(answer: Result<Answer, WorkerError>, live: Option<&Outcome>, is_unobserved: bool) -> Result<Answer, String> {
    let answer = answer.map_err(|error| match error {
        WorkerError::TimedOut(_) => "the baseline takes too long".to_owned(),
        WorkerError::Refused(reason) => {
            // Names of the repository's own, or the kind of error: no values.
            let what = reason.strip_prefix("Undecodable: ").filter(|what| what.ends_with(" is not there"));
            format!("can't be rebuilt: {}", what.unwrap_or_else(|| reason.split(':').next().unwrap_or_default()))
        }
        error => error.to_string(),
    })?;
    let outcome = &answer.outcomes[0];
    if outcome.meta.limit {
        return Err("the baseline meets the recursion or memory limit".into());
    }
    if let Some(name) = outcome.meta.opaque.first() {
        return Err(format!("opaque: {name}"));
    }
    if is_unobserved && outcome.meta.raised == "interpreter" {
        return Err("the interpreter's own error on a type that was not observed".into());
    }
    match live {
        Some(live) if !outcome.repeats(live) => Err("replay differs from the live call".into()),
        _ => Ok(answer),
    }
}

/// Whether no call of a sequence meets an error of the interpreter that it does not meet alone: such
/// errors come of the harness's own changes in between.
fn raises_nothing_new(probe: &Probe, answer: &Answer, alone: &[(usize, Outcome)]) -> bool {
    if probe.options[0].get("wrap").is_some_and(|wrap| wrap == "raises") {
        // Here a function that is passed in raises: that is what is asked.
        return true;
    }
    probe.cases.iter().zip(&answer.outcomes).all(|(case, outcome)| {
        let raises_alone = || alone.iter().any(|(index, outcome)| index == case && outcome.meta.raised == "interpreter");
        outcome.meta.raised != "interpreter" || raises_alone()
    })
}

/// Calls with little more of the stack than the baseline needs: who recurses deeper fails on inputs
/// that are larger still.
fn short_of_stack(
    bench: &Bench<'_>,
    asker: &mut Asker,
    cases: &[Case],
    plain: &[(usize, Answer)],
) -> Result<Vec<(Probe, Answer)>, RunnerError> {
    let mut largest: Vec<&(usize, Answer)> = plain.iter().filter(|(_, answer)| answer.cost < 100_000_000).collect();
    largest.sort_by_key(|(case, _)| std::cmp::Reverse(cases[*case].input.len()));
    let mut found = Vec::new();
    for (case, answer) in largest.into_iter().take(6) {
        let mut bears = |headroom: usize| -> Result<Option<(Probe, Answer)>, RunnerError> {
            let probe = Probe::call(*case, json!({"headroom": headroom}));
            let again = asker.ask(bench, cases, &probe)?.ok();
            Ok(again.filter(|again| same(&again.outcomes, &answer.outcomes)).map(|again| (probe, again)))
        };
        let mut low = 20;
        let mut high = 40;
        while high < 700 && bears(high)?.is_none() {
            (low, high) = (high, 2 * high);
        }
        while high - low > high / 16 + 4 {
            let middle = usize::midpoint(low, high);
            if bears(middle)?.is_some() { high = middle } else { low = middle }
        }
        found.extend(bears(high + high / 2 + 60)?);
    }
    Ok(found)
}

/// Asks everything again in a fresh process and in another order; what differs is dropped.
fn repeat(bench: &Bench<'_>, baseline: &mut Baseline, found: Vec<(Probe, Answer)>) -> Result<State, RunnerError> {
    let mut asker = Asker::start(bench)?;
    for (probe, answer) in found.into_iter().rev() {
        match asker.ask(bench, &baseline.cases, &probe)? {
            Ok(again) if same(&answer.outcomes, &again.outcomes) => {
                let cost = answer.cost.max(again.cost);
                baseline.expectations.push(Expectation { probe, outcomes: answer.outcomes, cost });
            }
            _ if probe.is_plain() => baseline.drop_case("not deterministic"),
            _ => {}
        }
    }
    let state = asker.state(bench)?;
    asker.worker.stop();
    Ok(state)
}

fn same(ours: &[Outcome], theirs: &[Outcome]) -> bool {
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(one, other)| one.difference(other, 0.0).is_none())
}

/// Outcomes of the baseline to some probes under another hash seed; `None` where there is none.
///
/// # Errors
/// If the baseline can't be loaded.
pub fn under_seed(bench: &Bench<'_>, cases: &[Case], probes: &[&Probe], hash_seed: u32) -> Result<Vec<Option<Answer>>, RunnerError> {
    let mut rounds: Vec<Vec<Option<Answer>>> = Vec::new();
    for _ in 0..2 {
        let mut asker = Asker::with_seed(bench, hash_seed)?;
        let answers = probes.iter().map(|probe| Ok(asker.ask(bench, cases, probe)?.ok())).collect::<Result<_, RunnerError>>()?;
        rounds.push(answers);
        asker.worker.stop();
    }
    let again = rounds.pop().unwrap_or_default();
    let first = rounds.pop().unwrap_or_default();
    let both = first.into_iter().zip(again);
    Ok(both
        .map(|pair| match pair {
            (Some(one), Some(other)) if same(&one.outcomes, &other.outcomes) && is_evidence(&one) => Some(one),
            _ => None,
        })
        .collect())
}

/// A fresh process that was asked for some expectations, in their order.
///
/// # Errors
/// If the baseline can't be loaded.
pub fn asked(bench: &Bench<'_>, baseline: &Baseline, order: &[usize]) -> Result<Asker, RunnerError> {
    let mut asker = Asker::start(bench)?;
    for &index in order {
        // An answer that does not come is the calls' own business: only what they leave is looked at.
        let _ = asker.ask(bench, &baseline.cases, &baseline.expectations[index].probe)?;
    }
    Ok(asker)
}

/// The state of a fresh process that was asked what candidates are asked, in their order.
///
/// # Errors
/// If the baseline can't be loaded.
pub fn state_after(bench: &Bench<'_>, baseline: &Baseline) -> Result<State, RunnerError> {
    let mut asker = asked(bench, baseline, &baseline.order)?;
    let state = asker.state(bench)?;
    asker.worker.stop();
    Ok(state)
}

fn is_evidence(answer: &Answer) -> bool {
    answer.outcomes.iter().all(|outcome| !outcome.meta.limit && outcome.meta.opaque.is_empty())
}

/// A baseline worker that is started again when a call ends it.
pub struct Asker {
    pub worker: Worker,
    hash_seed: u32,
}

impl Asker {
    /// Starts one under the plan's first seed.
    ///
    /// # Errors
    /// If the baseline can't be loaded.
    pub fn start(bench: &Bench<'_>) -> Result<Self, RunnerError> {
        Self::with_seed(bench, bench.first_seed())
    }

    fn with_seed(bench: &Bench<'_>, hash_seed: u32) -> Result<Self, RunnerError> {
        let worker = bench.worker(&bench.baseline(), hash_seed).map_err(|error| RunnerError::Failed(format!("the baseline: {error}")))?;
        Ok(Self { worker, hash_seed })
    }

    /// Asks one probe.
    ///
    /// # Errors
    /// If the worker ended and can't be started again.
    pub fn ask(&mut self, bench: &Bench<'_>, cases: &[Case], probe: &Probe) -> Result<Result<Answer, WorkerError>, RunnerError> {
        let answer = bench.ask(&mut self.worker, cases, probe, bench.baseline_allowance(cases, probe));
        if matches!(answer, Err(ref error) if !matches!(error, WorkerError::Refused(_))) {
            *self = Self::with_seed(bench, self.hash_seed)?;
        }
        Ok(answer)
    }

    fn state(&mut self, bench: &Bench<'_>) -> Result<State, RunnerError> {
        state_of(bench, &mut self.worker)
    }
}
