//! The way of a run, stage by stage.

use futures::future::try_join;
use whetstone_core::{Role, event::Stage, words};
use whetstone_proto::{
    analysis::v1::{AnalyzeRequest, AnalyzeResponse, ResolveTargetRequest},
    benchmark::v1::{MeasureBaselineRequest, MeasureBaselineResponse, TargetBaseline},
    common::v1::{Prepared, Target, TargetCases},
    optimization::v1::GivenCandidate,
    repository::v1::{GivenCandidate as AskedCandidate, RunKind},
    testgen::v1::{EmitTestsRequest, EmitTestsResponse, GenerateTestsRequest, GenerateTestsResponse},
};
use whetstone_runtime::Failure;

use super::{
    compare, confirm,
    drive::{Beside, Drive},
    halt::Halt,
    prepare, report,
    search::{self, Aim},
    verify,
};
use crate::runs::Ending;

/// Parts of the time that is left at each stage under `--max-time`.
const TIME_FOR_CASES: f64 = 0.35;
const TIME_FOR_BASELINE: f64 = 0.15;
const TIME_FOR_SEARCH: f64 = 0.6;

/// What is known of a run's targets before the first candidate.
#[derive(Default)]
pub struct Found {
    pub prepared: Prepared,
    pub analysis: AnalyzeResponse,
    pub tests: GenerateTestsResponse,
    pub baselines: Vec<TargetBaseline>,
}

/// Follows a run of any kind to its end.
pub async fn follow(drive: &Drive) -> Result<Ending, Halt> {
    // On the heap: together these futures are larger than a thread's stack takes in a debug build.
    match drive.kind() {
        RunKind::Analyze => Box::pin(analyze_only(drive)).await,
        RunKind::Compare => Box::pin(compare::follow(drive)).await,
        RunKind::Verify => Box::pin(verify::follow(drive)).await,
        RunKind::Judge => Box::pin(judge(drive)).await,
        RunKind::Optimize | RunKind::Unspecified => Box::pin(optimize(drive)).await,
    }
}

async fn analyze_only(drive: &Drive) -> Result<Ending, Halt> {
    let prepared = drive.stage(Stage::Prepare, prepare::run(drive)).await?;
    let analysis = analyze(drive, &prepared, false).await?;
    report::build(drive, Found { prepared, analysis, ..Found::default() }, confirm::Confirmed::default()).await
}

async fn optimize(drive: &Drive) -> Result<Ending, Halt> {
    let prepared = drive.stage(Stage::Prepare, prepare::run(drive)).await?;
    let analysis = analyze(drive, &prepared, false).await?;
    let found = pin_down(drive, prepared, analysis).await?;
    let mut aims = aims(&found, |_| Vec::new());
    aims.retain(|aim| has_cases(&aim.cases));
    decide(drive, found, aims).await
}

async fn judge(drive: &Drive) -> Result<Ending, Halt> {
    if drive.options().targets.is_empty() || drive.request.candidates.is_empty() {
        let failure = Failure::refused("INCOMPLETE_REQUEST", "a judgement needs a target and at least one candidate");
        return Err(failure.advice("whet judge SOURCE --target package.module:function --candidate FILE").into());
    }
    let prepared = drive.stage(Stage::Prepare, prepare::run(drive)).await?;
    // Where the targets are named, nothing that is recorded depends on how much time they carry.
    let targets = resolve(drive, &prepared).await?;
    let record = drive.stage(Stage::GenerateTests, generate_tests(drive, &prepared, &targets));
    let (analysis, tests) = try_join(analyze(drive, &prepared, true), record).await?;
    let found = with_baselines(drive, Found { prepared, analysis, tests, baselines: Vec::new() }).await?;
    let given: Vec<GivenCandidate> = drive.request.candidates.iter().map(given).collect();
    let aims = aims(&found, |_| given.clone());
    decide(drive, found, aims).await
}

fn given(asked: &AskedCandidate) -> GivenCandidate {
    GivenCandidate { origin: asked.origin.clone(), content: asked.content.clone() }
}

/// The named targets, as the source alone shows them.
async fn resolve(drive: &Drive, prepared: &Prepared) -> Result<Vec<Target>, Halt> {
    let work = async {
        let mut resolved = AnalyzeResponse::default();
        for name in drive.options().targets {
            let request = ResolveTargetRequest { prepared: Some(prepared.clone()), name };
            resolved.targets.extend(drive.peers().analysis().resolve_target(request).await?.into_inner().target);
        }
        Ok(resolved)
    };
    let resolved: AnalyzeResponse = drive.own("resolve", work, |_| Beside::default()).await?;
    Ok(resolved.targets)
}

/// Finds the targets: the named ones, or the hot path.
pub async fn analyze(drive: &Drive, prepared: &Prepared, brief: bool) -> Result<AnalyzeResponse, Halt> {
    drive.know(|known| known.prepared = prepared.clone());
    let body = async {
        let call = async |context| {
            let (prepared, targets) = (Some(prepared.clone()), drive.options().targets);
            drive.peers().analysis().analyze(AnalyzeRequest { context: Some(context), prepared, targets, brief }).await
        };
        let analysis: AnalyzeResponse =
            drive.remote(Role::Analysis, "analyze", call, |answer: &AnalyzeResponse| answer.costs.clone()).await?;
        drive.know(|known| known.analysis = analysis.clone());
        for warning in &analysis.warnings {
            drive.note("warning", warning).await?;
        }
        for note in &analysis.notes {
            drive.note("debug", note).await?;
        }
        // Targets may call each other, so their shares can't be added.
        let are_tests = prepared.workloads.iter().all(|workload| workload.is_tests);
        let share = |target: &Target| match target.repository_share {
            of_tests if are_tests && of_tests > 0.0 => (target.share / of_tests).min(1.0),
            _ => target.share,
        };
        let largest = analysis.targets.iter().map(share).fold(0.0, f64::max) * 100.0;
        let whole = if are_tests { "the tests' time in the code" } else { "the time" };
        let functions = words::count(analysis.functions.into(), "function");
        let summary = match analysis.targets.len() {
            0 => format!("{functions}, none with enough of {whole}"),
            1 => format!("{functions}, 1 target with {largest:.0} % of {whole}"),
            targets => format!("{functions}, {targets} targets with up to {largest:.0} % of {whole}"),
        };
        Ok((analysis, summary))
    };
    drive.stage(Stage::Analyze, body).await
}

/// Records and generates cases, then measures the baseline.
pub async fn pin_down(drive: &Drive, prepared: Prepared, analysis: AnalyzeResponse) -> Result<Found, Halt> {
    let tests = drive.stage(Stage::GenerateTests, generate_tests(drive, &prepared, &analysis.targets)).await?;
    with_baselines(drive, Found { prepared, analysis, tests, baselines: Vec::new() }).await
}

async fn with_baselines(drive: &Drive, mut found: Found) -> Result<Found, Halt> {
    found.baselines = drive.stage(Stage::Baseline, measure(drive, &found)).await?;
    Ok(found)
}

async fn generate_tests(drive: &Drive, prepared: &Prepared, targets: &[Target]) -> Result<(GenerateTestsResponse, String), Halt> {
    if targets.is_empty() {
        return Ok((GenerateTestsResponse::default(), "no target to record".into()));
    }
    let call = async |context| {
        let (prepared, targets) = (Some(prepared.clone()), targets.to_vec());
        let seconds = drive.time_left().map_or(0.0, |left| left.as_secs_f64() * TIME_FOR_CASES);
        let request = GenerateTestsRequest { context: Some(context), prepared, targets, seconds };
        drive.peers().testgen().generate_tests(request).await
    };
    let costs = |answer: &GenerateTestsResponse| answer.costs.clone();
    let tests: GenerateTestsResponse = drive.remote(Role::Testgen, "generate_tests", call, costs).await?;
    drive.know(|known| known.tests = tests.clone());
    let cases: u32 = tests.targets.iter().map(|target| target.recorded_count + target.generated_count).sum();
    let is_complete =
        |target: &&TargetCases| target.coverage.as_ref().is_some_and(|coverage| coverage.branches_total == coverage.branches_reached);
    let complete = tests.targets.iter().filter(is_complete).count();
    for cases in tests.targets.iter().filter(|cases| !can_be_replayed(cases)) {
        let name = targets.iter().find(|target| target.id == cases.target).map_or(&cases.target, |target| &target.name);
        drive.note("info", &not_replayed(name, cases)).await?;
    }
    let summary = format!(
        "{}, {}, {complete} with every branch reached",
        words::count(tests.targets.len() as u64, "target"),
        words::count(cases.into(), "case")
    );
    Ok((tests, summary))
}

async fn measure(drive: &Drive, found: &Found) -> Result<(Vec<TargetBaseline>, String), Halt> {
    let cases: Vec<TargetCases> = found.tests.targets.clone();
    if cases.is_empty() {
        return Ok((Vec::new(), "no target to measure".into()));
    }
    let is_known = |target: &&Target| cases_of(&cases, target).is_some_and(has_cases);
    let targets: Vec<Target> = found.analysis.targets.iter().filter(is_known).cloned().collect();
    let call = async |context| {
        let (prepared, targets, cases) = (Some(found.prepared.clone()), targets.clone(), cases.clone());
        drive.peers().benchmark().measure_baseline(MeasureBaselineRequest { context: Some(context), prepared, targets, cases }).await
    };
    let costs = |answer: &MeasureBaselineResponse| answer.costs.clone();
    let measuring = drive.remote(Role::Benchmark, "baseline", call, costs);
    // Nothing is decided by it: a run that has no time for it goes on without.
    let measured: MeasureBaselineResponse = match drive.within(TIME_FOR_BASELINE, measuring).await {
        Err(Halt::OutOfTime) => return Ok((Vec::new(), "not measured: --max-time leaves no time for it".into())),
        measured => measured?,
    };
    let summary = format!("{} measured", words::count(measured.targets.len() as u64, "target"));
    Ok((measured.targets, summary))
}

/// The cases of a target; a role may name it by id or by name.
pub fn cases_of<'a>(cases: &'a [TargetCases], target: &Target) -> Option<&'a TargetCases> {
    cases.iter().find(|cases| cases.target == target.id || cases.target == target.name)
}

/// Whether there is anything on which a candidate could be compared: cases to replay, or calls to re-run.
pub fn has_cases(cases: &TargetCases) -> bool {
    can_be_replayed(cases) || cases.rerun_count > 0
}

fn can_be_replayed(cases: &TargetCases) -> bool {
    cases.replay_count + cases.generated_count > 0
}

fn not_replayed(name: &str, cases: &TargetCases) -> String {
    let reasons = if cases.recorded_count == 0 { &cases.dropped } else { &cases.not_replayed };
    let why = reasons.iter().max_by_key(|reason| reason.count).map(|reason| format!(" ({})", reason.what)).unwrap_or_default();
    match cases.recorded_count {
        0 => format!("no call of {name} was recorded{why}: no candidate is sought for it"),
        1 => format!("the one recorded call of {name} can't be replayed{why}: it is judged by re-running the workload"),
        count => format!("none of {count} recorded calls of {name} can be replayed{why}: it is judged by re-running the workload"),
    }
}

/// The targets to find candidates for. One without cases is left out, unless a candidate for it was
/// given: that one is to be answered.
pub fn aims(found: &Found, given: impl Fn(&Target) -> Vec<GivenCandidate>) -> Vec<Aim> {
    let aim = |target: &Target| {
        let given = given(target);
        let cases = cases_of(&found.tests.targets, target).cloned();
        let none = || (!given.is_empty()).then(|| TargetCases { target: target.id.clone(), ..TargetCases::default() });
        Some(Aim::new(target.clone(), cases.or_else(none)?, given))
    };
    found.analysis.targets.iter().filter_map(aim).collect()
}

/// Finds candidates, compares the survivors, and writes the report.
pub async fn decide(drive: &Drive, mut found: Found, aims: Vec<Aim>) -> Result<Ending, Halt> {
    let search = async {
        let searching = drive.within(TIME_FOR_SEARCH, search::run(drive, &found.prepared, aims));
        let ((searched, summary), emitted) = try_join(searching, emit_tests(drive, &found)).await?;
        Ok(((searched, emitted), summary))
    };
    let (searched, emitted) = drive.stage(Stage::Optimize, search).await?;
    if let Some(targets) = emitted {
        found.tests.targets = targets;
    }
    let confirmed = drive.stage(Stage::Compare, confirm::run(drive, &found.prepared, searched)).await?;
    report::build(drive, found, confirmed).await
}

/// Has the tests written that the repository keeps, where there is a branch or a patch to keep them in and pytest runs
/// its tests: another runner would stumble over them.
async fn emit_tests(drive: &Drive, found: &Found) -> Result<Option<Vec<TargetCases>>, Halt> {
    // Only pytest tells its tests one by one.
    let is_pytest = found.prepared.workloads.iter().chain(&found.prepared.tests).any(|workload| workload.tests_passed > 0);
    if found.tests.targets.is_empty() || !is_pytest || !matches!(drive.kind(), RunKind::Optimize | RunKind::Judge) {
        return Ok(None);
    }
    let call = async |context| {
        let (prepared, cases) = (Some(found.prepared.clone()), found.tests.targets.clone());
        let request = EmitTestsRequest { context: Some(context), prepared, targets: found.analysis.targets.clone(), cases };
        drive.peers().testgen().emit_tests(request).await
    };
    let costs = |answer: &EmitTestsResponse| answer.costs.clone();
    match drive.remote(Role::Testgen, "emit_tests", call, costs).await {
        Ok(EmitTestsResponse { targets, .. }) => Ok(Some(targets)),
        Err(Halt::OutOfTime) => Ok(None),
        Err(halt) => Err(halt),
    }
}

#[cfg(test)]
mod tests {
    use whetstone_proto::common::v1::Count;

    use super::*;

    #[test]
    fn a_target_of_which_nothing_can_be_replayed_says_why() {
        let count = |what: &str, count| Count { what: what.into(), count };
        let (dropped, not_replayed) = (vec![count("no time left within the limit", 200)], vec![count("opaque: socket", 24)]);
        let cases = TargetCases { recorded_count: 24, rerun_count: 24, dropped, not_replayed, ..TargetCases::default() };
        assert!(has_cases(&cases) && !can_be_replayed(&cases));
        assert_eq!(
            super::not_replayed("net:send", &cases),
            "none of 24 recorded calls of net:send can be replayed (opaque: socket): it is judged by re-running the workload"
        );
        assert!(can_be_replayed(&TargetCases { generated_count: 1, ..cases }));
        assert!(!has_cases(&TargetCases::default()));
        assert_eq!(
            super::not_replayed("net:send", &TargetCases::default()),
            "no call of net:send was recorded: no candidate is sought for it"
        );
    }
}
