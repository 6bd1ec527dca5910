//! The behaviour plan: what the baseline does, and whether candidates do the same.
//!
//! [`baseline`] replays cases in two processes and keeps what repeats; [`judge`] holds candidates to
//! it; [`generated`] asks for further cases, [`strategies`] and [`solver`] for what tools find; [`outcome`] compares; [`shrink`] and [`show`] tell. Expected
//! outcomes stay in this process: a worker gets one input at a time and answers with bytes.

pub mod baseline;
pub mod bench;
pub mod challenge;
pub mod deepen;
pub mod generated;
pub mod graph;
pub mod judge;
pub mod outcome;
pub mod probe;
pub mod show;
pub mod shrink;
pub mod solver;
pub mod state;
pub mod strategies;
pub mod survivor;
pub mod sweep;

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use whetstone_core::{
    cases::Case,
    plan::behaviour::{BaselineEvidence, BehaviourMode, BehaviourPlan, BehaviourResult, CandidateBehaviour, Conclusion},
    record::Record,
};

use crate::{RunnerError, bytecode, sides::Sides, worker::Limits};
use baseline::Baseline;
use bench::Bench;
use generated::{Reached, Wish};
use judge::Court;
use solver::Searches;
use strategies::Maker;

/// What a plan found, with the cases that it kept.
pub struct Found {
    pub result: BehaviourResult,
    /// Recorded cases, those for re-run marked as such.
    pub recorded: Vec<Case>,
    pub generated: Vec<Case>,
}

/// The file of recorded cases that a plan leaves beside the generated ones.
pub const JUDGED_CASES: &str = "cases.bin";
const GENERATED_CASES: &str = "generated.bin";

/// Carries out a behaviour plan on `sides`, with workers within `limits`.
///
/// # Errors
/// If the baseline itself can't be loaded or judged; what candidates do is in the result.
pub fn run(
    plan: &BehaviourPlan,
    cases: Vec<Case>,
    sides: Sides,
    limits: Limits,
    records: &(dyn Fn(Record) + Sync),
) -> Result<Found, RunnerError> {
    // Graphs are walked by recursion, and inputs may be nested deeply.
    on_deep_stack(|| carry_out(plan, cases, sides, limits, records))
}

/// Bytes of stack for walking the deepest graphs that are read.
const STACK: usize = 64 << 20;

fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let hand = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let joined = hand.expect("a thread can be started").join();
        joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn carry_out(
    plan: &BehaviourPlan,
    cases: Vec<Case>,
    mut sides: Sides,
    limits: Limits,
    records: &(dyn Fn(Record) + Sync),
) -> Result<Found, RunnerError> {
    let limits = Limits { named: named_modules(&cases), ..limits };
    // Candidates made later share it, but for what they edit.
    bytecode::compile(&plan.start, &mut sides, &[], &plan.target.file).map_err(RunnerError::io("compiling the baseline"))?;
    let bench = Bench { plan, limits, sides: Mutex::new(sides), records, starting: Mutex::new(0.0) };
    std::thread::scope(|scope| {
        let searches = Searches::start(scope, &bench, &cases);
        let found = decide(&bench, cases, &searches);
        plan.candidates.iter().for_each(|candidate| searches.cancel(&candidate.id));
        found
    })
}

fn decide(bench: &Bench<'_>, cases: Vec<Case>, searches: &Searches) -> Result<Found, RunnerError> {
    let plan = bench.plan;
    let mut phases = Vec::new();
    let began = Instant::now();
    let mut cases = with_generated(bench, cases)?;
    let mut further = if plan.generation.cases > 0 { deepen::deeper(&cases) } else { Vec::new() };
    if plan.mode != BehaviourMode::Establish {
        further.extend(sweep::small(&cases));
    }
    let further = generated::allowed(bench, &cases, further);
    cases.extend(further);
    phases.push(("generate".to_owned(), began.elapsed().as_secs_f64()));
    let baseline = baseline::establish(bench, cases)?;
    phases.push(("replay".to_owned(), baseline.seconds));
    let began = Instant::now();
    let evidence = evidence(bench, &baseline)?;
    phases.push(("cover".to_owned(), began.elapsed().as_secs_f64()));
    let began = Instant::now();
    let candidates = judge_all(bench, &baseline, searches);
    phases.push(("compare".to_owned(), began.elapsed().as_secs_f64()));
    phases.push(("start".to_owned(), *bench.starting.lock().unwrap_or_else(std::sync::PoisonError::into_inner)));
    let (recorded, generated): (Vec<Case>, Vec<Case>) = kept(&baseline).into_iter().partition(|case| case.header.origin == "recorded");
    let name = if plan.mode == BehaviourMode::Establish && !generated.is_empty() { GENERATED_CASES.to_owned() } else { String::new() };
    Ok(Found { result: BehaviourResult { baseline: evidence, candidates, generated: name, phases }, recorded, generated })
}

/// Modules of the functions and classes that inputs name.
fn named_modules(cases: &[Case]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for root in cases.iter().filter_map(|case| graph::parse(&case.input)) {
        let mut open = vec![&root];
        while let Some(node) = open.pop() {
            if let (b'C' | b'R' | b'G' | b'g', Some(module)) = (node.tag, node.texts.first()) {
                found.insert(String::from_utf8_lossy(module).into_owned());
            }
            open.extend(&node.children);
        }
    }
    found.into_iter().collect()
}

/// The cases to judge by, with generated ones where the plan asks for them and there are none yet.
fn with_generated(bench: &Bench<'_>, mut cases: Vec<Case>) -> Result<Vec<Case>, RunnerError> {
    let plan = bench.plan;
    let known = cases.clone();
    if plan.mode == BehaviourMode::Final {
        cases.retain(|case| case.header.origin == "recorded");
    }
    let has_generated = cases.iter().any(|case| case.header.origin != "recorded");
    if plan.generation.cases == 0 || plan.generation.seconds <= 0.0 || has_generated {
        return Ok(cases);
    }
    bench.progress("generate", 0, 0);
    let failed = |error: crate::worker::WorkerError| RunnerError::Failed(format!("the baseline: {error}"));
    let maker = Maker::start(bench);
    let mut worker = bench.worker(&bench.baseline(), bench.first_seed()).map_err(failed)?;
    let wish = Wish {
        cases: plan.generation.cases,
        seconds: plan.generation.seconds,
        seed: plan.seed,
        sources: &[],
        is_candidate: false,
        draws: 0,
    };
    let values = maker.map_or(Ok(Vec::new()), |maker| maker.values(bench, &mut worker, &known, &wish)).unwrap_or_else(|error| {
        let message = format!("no values were made by strategies: {error}");
        (bench.records)(Record::Log { level: "warn".into(), message });
        Vec::new()
    });
    match generated::generate(bench, &mut worker, &known, &wish, &values) {
        Ok(mut more) => {
            if plan.mode == BehaviourMode::Final {
                more.iter_mut().for_each(|case| case.header.origin = "final".into());
            }
            cases.extend(more);
        }
        Err(error) => (bench.records)(Record::Log { level: "warn".into(), message: format!("no cases were generated: {error}") }),
    }
    Ok(cases)
}

fn evidence(bench: &Bench<'_>, baseline: &Baseline) -> Result<BaselineEvidence, RunnerError> {
    let plain: Vec<_> = baseline.expectations.iter().filter(|expectation| expectation.probe.is_plain()).collect();
    let origin = |expectation: &&baseline::Expectation| baseline.cases[expectation.probe.cases[0]].header.origin.as_str();
    let generated = plain.iter().filter(|expectation| origin(expectation) != "recorded").count();
    let mut sources = Vec::new();
    let headers = plain.iter().map(|expectation| &baseline.cases[expectation.probe.cases[0]].header);
    headers.filter(|header| header.origin != "recorded").for_each(|header| generated::count_source(&mut sources, header));
    let reached = if bench.plan.mode == BehaviourMode::Establish { cover(bench, baseline)? } else { Reached::default() };
    Ok(BaselineEvidence {
        recorded: baseline.recorded,
        replayed: u32::try_from(plain.len() - generated).unwrap_or(u32::MAX),
        rerun: u32::try_from(baseline.rerun.len()).unwrap_or(u32::MAX),
        generated: u32::try_from(generated).unwrap_or(u32::MAX),
        sources,
        dropped: baseline.dropped.clone().into_iter().collect(),
        lines_total: reached.lines_total,
        lines_reached: reached.lines_reached,
        branches_total: reached.branches_total,
        branches_reached: reached.branches_reached,
        unreached: reached.unreached,
        examples: examples(bench, baseline),
    })
}

fn cover(bench: &Bench<'_>, baseline: &Baseline) -> Result<Reached, RunnerError> {
    let found = generated::reach_of(bench, &bench.baseline(), baseline, &BTreeSet::new());
    found.map(|(_, reached)| reached).map_err(|error| RunnerError::Failed(format!("the baseline: {error}")))
}

/// Calls that are plain data on both ends, as expressions.
fn examples(bench: &Bench<'_>, baseline: &Baseline) -> Vec<(String, String)> {
    let name = bench.plan.target.name.qualname.rsplit('.').next().unwrap_or_default();
    let mut found = Vec::new();
    for expectation in baseline.expectations.iter().filter(|expectation| expectation.probe.is_plain()) {
        let outcome = &expectation.outcomes[0];
        let input = graph::parse(&baseline.cases[expectation.probe.cases[0]].input);
        let end = outcome.section(outcome::section::END).and_then(graph::parse);
        if let (Some(input), Some(end), true) = (input, end, outcome.returned()) {
            let is_plain = input.children.iter().take(2).all(is_plain_data) && end.children.get(1).is_some_and(is_plain_data);
            if is_plain && found.len() < 20 {
                found.push((show::call(name, &input), end.children.get(1).map(show::value).unwrap_or_default()));
            }
        }
    }
    found.sort_by_key(|(call, _)| call.len());
    found
}

fn is_plain_data(node: &graph::Node) -> bool {
    matches!(node.tag, b'N' | b'T' | b'F' | b'i' | b'd' | b's' | b'b' | b't' | b'a' | b'L' | b'D' | b'S' | b'z')
        && node.children.iter().all(is_plain_data)
}

/// Judges the candidates, two at a time where there are two processors.
fn judge_all(bench: &Bench<'_>, baseline: &Baseline, searches: &Searches) -> Vec<CandidateBehaviour> {
    let candidates = &bench.plan.candidates;
    let court = Court::new(bench, baseline, searches);
    let next = AtomicUsize::new(0);
    let decided: Vec<Mutex<Option<CandidateBehaviour>>> = candidates.iter().map(|_| Mutex::new(None)).collect();
    let hands = std::thread::available_parallelism().map_or(1, usize::from).min(2).min(candidates.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..hands {
            let hear = || {
                while let Some((slot, candidate)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    decided.get(index).zip(candidates.get(index))
                } {
                    let found = court.judge(candidate);
                    (bench.records)(Record::Decided {
                        candidate: found.id.clone(),
                        same: found.conclusion == Conclusion::Same,
                        reason: found.reason.clone(),
                        counterexample: found.counterexample.clone(),
                    });
                    *slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(found);
                }
            };
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, hear).expect("a thread can be started");
        }
    });
    let take = |slot: Mutex<Option<CandidateBehaviour>>| slot.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    decided.into_iter().filter_map(take).collect()
}

/// The cases as they go on: each with the outcome that the baseline repeats; those for re-run as they came.
fn kept(baseline: &Baseline) -> Vec<Case> {
    let mut kept: Vec<(usize, Case)> = Vec::new();
    for expectation in baseline.expectations.iter().filter(|expectation| expectation.probe.is_plain()) {
        let index = expectation.probe.cases[0];
        kept.push((index, baseline.cases[index].clone()));
    }
    kept.sort_by_key(|(index, _)| *index);
    let rerun = baseline.rerun.iter().map(|case| {
        let mut case = case.clone();
        if case.header.mode == whetstone_core::cases::CaseMode::Replay {
            case.header.mode = whetstone_core::cases::CaseMode::Rerun;
        }
        case
    });
    kept.into_iter().map(|(_, case)| case).chain(rerun).collect()
}
