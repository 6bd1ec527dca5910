//! Gate 3: the repository's own tests end as they did before.

use std::collections::{BTreeMap, BTreeSet};

use whetstone_core::{
    Digest,
    job::{JobKind, Limits},
    plan::{
        FileEdit, Plan, WorkloadPlan, WorkloadResult,
        workload::{Instrument, TestResult},
    },
};
use whetstone_proto::common::v1::{Cost, Counterexample, Prepared, StageContext, Workload};
use whetstone_runtime::{JobBuilder, Peers, jobs};

use crate::Error;

const SLACK: f64 = 5.0;
const SHORTEST_TIMEOUT_S: f64 = 60.0;

/// Further runs that a test which changed is given: where it changes in one of them, too, it refuses.
const MORE_RUNS: u32 = 2;

/// How the tests ended under an edit.
pub struct TestsUnderEdit {
    /// Why the gate refuses; `None` if it does not.
    pub refusal: Option<(String, Counterexample)>,
    /// The tests for which alone it refuses; none where there is anything else.
    changed: BTreeSet<String>,
    pub passed: u32,
    pub costs: Vec<Cost>,
}

/// Runs every test workload, or the repository's tests where no workload is one, under `edits` and compares test
/// by test with the baseline's run, which is that of the prepare stage where it was kept: the same plan, under
/// the same hash seed.
pub async fn run(peers: &Peers, context: &StageContext, prepared: &Prepared, edits: &[FileEdit]) -> Result<TestsUnderEdit, Error> {
    run_once(peers, context, prepared, edits, 0).await
}

/// Runs the tests again where some refused in the `first` run, which other work ran beside: tests that take the time fail by
/// that. Those that changed once in three runs are no refusal; answers their names, too.
pub async fn settled(
    peers: &Peers,
    context: &StageContext,
    prepared: &Prepared,
    edits: &[FileEdit],
    first: TestsUnderEdit,
) -> Result<(TestsUnderEdit, BTreeSet<String>), Error> {
    if first.changed.is_empty() {
        return Ok((first, BTreeSet::new()));
    }
    let (mut last, mut once) = (first, BTreeSet::new());
    for turn in 1..=MORE_RUNS {
        once.append(&mut last.changed);
        let mut again = run_once(peers, context, prepared, edits, turn).await?;
        again.costs.append(&mut last.costs);
        last = again;
        let is_by_chance = !last.changed.is_empty() && last.changed.is_disjoint(&once);
        if last.refusal.is_some() && !is_by_chance {
            return Ok((last, BTreeSet::new()));
        }
    }
    once.append(&mut last.changed);
    last.refusal = None;
    Ok((last, once))
}

async fn run_once(
    peers: &Peers,
    context: &StageContext,
    prepared: &Prepared,
    edits: &[FileEdit],
    turn: u32,
) -> Result<TestsUnderEdit, Error> {
    let mut under = TestsUnderEdit { refusal: None, changed: BTreeSet::new(), passed: 0, costs: Vec::new() };
    let suites = prepared.workloads.iter().filter(|workload| workload.is_tests).chain(&prepared.tests);
    for (number, workload) in suites.enumerate() {
        let baseline = match &workload.plain {
            Some(plain) => peers.artifacts().get_json(plain).await?,
            None => {
                let (ran, cost) = workload_run(peers, context, prepared, workload, &[], format!("tests/{number}/baseline")).await?;
                under.costs.extend(cost);
                ran
            }
        };
        let name = edits.iter().map(|edit| format!("{}\n{}", edit.path, edit.content)).collect::<String>();
        let again = if turn == 0 { String::new() } else { format!("/again{turn}") };
        let purpose = format!("tests/{number}/{}{again}", Digest::of(name.as_bytes()).short());
        let (edited, cost) = workload_run(peers, context, prepared, workload, edits, purpose).await?;
        under.costs.extend(cost);
        under.passed += count_passed(&edited);
        let Some(refusal) = refusal(&baseline, &edited, &workload.flaky) else { continue };
        let changed = changed(&baseline, &edited, &workload.flaky);
        if changed.is_empty() {
            under.refusal = Some(refusal);
            under.changed.clear();
            break;
        }
        // What changed may turn out to be chance: then the other suites must have spoken, too.
        under.refusal.get_or_insert(refusal);
        under.changed.extend(changed);
    }
    Ok(under)
}

async fn workload_run(
    peers: &Peers,
    context: &StageContext,
    prepared: &Prepared,
    workload: &Workload,
    edits: &[FileEdit],
    purpose: String,
) -> Result<(WorkloadResult, Option<Cost>), Error> {
    let timeout_s = (workload.wall_s * SLACK).max(SHORTEST_TIMEOUT_S);
    let plan = WorkloadPlan {
        start: jobs::start_of(prepared),
        command: workload.command.clone(),
        instrument: Instrument::None,
        targets: Vec::new(),
        edits: edits.to_vec(),
        timeout_s,
        hash_seed: 0,
        report_tests: true,
    };
    let mut limits = Limits::standard();
    limits.wall = std::time::Duration::from_secs_f64(timeout_s + 30.0);
    let job = JobBuilder::new(context, prepared, JobKind::Workload, &purpose).plan(Plan::Workload(plan)).limits(limits);
    let finished = job.run(peers, |_, _| {}).await?;
    finished.succeeded()?;
    let cost = (!finished.recorded).then(|| finished.cost("compare"));
    Ok((finished.result(&peers.artifacts()).await?, cost))
}

fn count_passed(result: &WorkloadResult) -> u32 {
    result.tests.iter().filter(|test| test.outcome == "passed").count() as u32
}

/// Compares test by test; those known to be flaky count only if they vanish.
fn refusal(baseline: &WorkloadResult, edited: &WorkloadResult, flaky: &[String]) -> Option<(String, Counterexample)> {
    let flaky: BTreeSet<&str> = flaky.iter().map(String::as_str).collect();
    let after: BTreeMap<&str, &TestResult> = edited.tests.iter().map(|test| (test.id.as_str(), test)).collect();
    for before in &baseline.tests {
        let now = after.get(before.id.as_str());
        let (outcome, message) = now.map_or(("not run", ""), |test| (test.outcome.as_str(), test.message.as_str()));
        let excused = flaky.contains(before.id.as_str()) && now.is_some();
        if outcome != before.outcome && !excused {
            let reason = format!("the test {} {} before and is {outcome} now", before.id, past(&before.outcome));
            return Some((reason, example(&before.id, &before.outcome, &format!("{outcome} {message}"))));
        }
    }
    // A flaky test may change the exit status; every other test has spoken for itself above.
    let excused = !flaky.is_empty() && !baseline.tests.is_empty() && !edited.tests.is_empty();
    if edited.timed_out && !baseline.timed_out {
        return Some(("the tests did not end in time".into(), example("tests", "ended", "timed out")));
    }
    if edited.exit != baseline.exit && !excused {
        let last = edited.stderr.tail.lines().last().unwrap_or_default();
        let reason = format!("the test command exited with {} before and with {} now: {last}", baseline.exit, edited.exit);
        return Some((reason, example("tests", &format!("exit {}", baseline.exit), &format!("exit {}", edited.exit))));
    }
    None
}

/// The tests that ran both times and ended otherwise, but for flaky ones; none where the whole run ended otherwise in another way.
fn changed(baseline: &WorkloadResult, edited: &WorkloadResult, flaky: &[String]) -> BTreeSet<String> {
    let after: BTreeMap<&str, &str> = edited.tests.iter().map(|test| (test.id.as_str(), test.outcome.as_str())).collect();
    if edited.timed_out || baseline.tests.iter().any(|test| !after.contains_key(test.id.as_str())) {
        return BTreeSet::new();
    }
    let differs = |test: &&TestResult| after.get(test.id.as_str()).is_some_and(|now| *now != test.outcome) && !flaky.contains(&test.id);
    baseline.tests.iter().filter(differs).map(|test| test.id.clone()).collect()
}

fn past(outcome: &str) -> String {
    if outcome == "passed" || outcome == "failed" { outcome.to_owned() } else { format!("was {outcome}") }
}

fn example(input: &str, baseline: &str, candidate: &str) -> Counterexample {
    Counterexample {
        input: input.into(),
        baseline: baseline.into(),
        candidate: candidate.trim().into(),
        aspect: "tests".into(),
        source: "tests".into(),
    }
}

#[cfg(test)]
mod tests {
    use whetstone_core::{job::Resources, plan::workload::Captured};

    use super::*;

    fn result(exit: i32, tests: &[(&str, &str)]) -> WorkloadResult {
        let tests = tests.iter().map(|(id, outcome)| TestResult {
            id: (*id).into(),
            outcome: (*outcome).into(),
            seconds: 0.0,
            message: String::new(),
        });
        WorkloadResult {
            exit,
            timed_out: false,
            stdout: Captured::default(),
            stderr: Captured::default(),
            resources: Resources::default(),
            tests: tests.collect(),
            files: BTreeMap::new(),
        }
    }

    #[test]
    fn a_test_that_fails_or_vanishes_refuses() {
        let before = result(0, &[("a", "passed"), ("b", "skipped")]);
        assert!(refusal(&before, &before, &[]).is_none());
        let failing = refusal(&before, &result(1, &[("a", "failed"), ("b", "skipped")]), &[]).expect("refused");
        assert!(failing.0.contains("a passed before and is failed now"), "{}", failing.0);
        assert!(refusal(&before, &result(0, &[("b", "skipped")]), &[]).is_some());
    }

    #[test]
    fn only_single_tests_that_changed_are_worth_another_run() {
        let before = result(0, &[("a", "passed"), ("f", "passed")]);
        let names = |edited: &WorkloadResult| changed(&before, edited, &["f".to_owned()]).into_iter().collect::<Vec<_>>();
        assert_eq!(names(&result(1, &[("a", "failed"), ("f", "failed")])), ["a"]);
        assert!(names(&result(1, &[("a", "failed")])).is_empty(), "one has vanished");
        assert!(names(&WorkloadResult { timed_out: true, ..result(1, &[("a", "failed"), ("f", "passed")]) }).is_empty());
        assert!(names(&result(2, &[("a", "passed"), ("f", "passed")])).is_empty());
    }

    #[test]
    fn a_flaky_test_may_change_but_not_vanish() {
        let before = result(0, &[("a", "passed"), ("f", "passed")]);
        let flaky = ["f".to_owned()];
        assert!(refusal(&before, &result(1, &[("a", "passed"), ("f", "failed")]), &flaky).is_none());
        assert!(refusal(&before, &result(0, &[("a", "passed")]), &flaky).is_some());
    }

    #[test]
    fn without_single_tests_the_exit_status_decides() {
        assert!(refusal(&result(0, &[]), &result(2, &[]), &[]).is_some());
    }
}
