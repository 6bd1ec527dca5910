//! Running the workloads plainly, twice: they must pass before anything is changed, and what does
//! not end the same way twice is flaky.

use std::collections::BTreeMap;

use whetstone_core::{
    event::Stage,
    job::{JobKind, Limits},
    plan::{
        Plan, RESULT_FILE, WorkloadPlan, WorkloadResult,
        workload::{Instrument, TestResult, UNFINISHED},
    },
    words,
};
use whetstone_proto::{
    common::v1::{Artifact, Cost, Prepared, Workload},
    repository::v1::RunKind,
};
use whetstone_runtime::{Failure, JobBuilder, jobs::start_of};

use super::{
    drive::{Beside, Drive},
    halt::Halt,
    left_out,
};
use crate::{Config, runs};

/// pytest's exit status where it collected no test.
const NOTHING_COLLECTED: i32 = 5;
/// Tests that a suggested command leaves out by name.
const MOST_DESELECTED: usize = 12;

/// Checks every workload of `prepared`, and answers them with their figures.
pub async fn check(drive: &Drive, prepared: &Prepared) -> Result<Vec<Workload>, Halt> {
    let mut all = Vec::with_capacity(prepared.workloads.len());
    for (index, workload) in prepared.workloads.iter().enumerate() {
        drive.progress(Stage::Prepare, "workload", index as u64, prepared.workloads.len() as u64, &workload.name);
        let figures = checked(drive, prepared, workload, index).await?;
        note_flaky(drive, &figures).await?;
        all.push(figures);
    }
    Ok(all)
}

/// Checks the repository's tests for the project gate, where no workload runs any. Tests that do not pass as they
/// are can tell nothing of a candidate: the gate goes without them, and that is said.
pub async fn check_tests(drive: &Drive, prepared: &Prepared) -> Result<Vec<Workload>, Halt> {
    if !drive.judges() || prepared.workloads.iter().any(|workload| workload.is_tests) {
        return Ok(Vec::new());
    }
    let mut all = Vec::with_capacity(prepared.tests.len());
    for (index, tests) in prepared.tests.iter().enumerate() {
        match checked(drive, prepared, tests, prepared.workloads.len() + index).await {
            Ok(figures) => {
                note_flaky(drive, &figures).await?;
                all.push(figures);
            }
            Err(Halt::Failed(failure)) => {
                drive
                    .note("warning", &format!("no candidate is held to the repository's tests, which do not pass as they are: {failure}"))
                    .await?;
            }
            Err(halt) => return Err(halt),
        }
    }
    Ok(all)
}

async fn note_flaky(drive: &Drive, workload: &Workload) -> Result<(), Halt> {
    if workload.flaky.is_empty() {
        return Ok(());
    }
    let text = format!(
        "{} of `{}` do not end the same way twice and are not relied on: {}",
        words::count(workload.flaky.len() as u64, "test"),
        workload.command,
        listed(&workload.flaky)
    );
    drive.note("warning", &text).await
}

/// Checks one workload; what fails in an archive's own tests is left out, as far as that is safe.
async fn checked(drive: &Drive, prepared: &Prepared, workload: &Workload, index: usize) -> Result<Workload, Halt> {
    let mut workload = workload.clone();
    let mut original: Option<Failure> = None;
    for time in 0.. {
        let step = if time == 0 { format!("workload/{index}") } else { format!("workload/{index}/narrowed-{time}") };
        let may_narrow = time < left_out::MOST_TIMES && left_out::may_leave_out(drive, &workload);
        let work = async {
            // Beside each other, under different hash seeds: what depends on either shows as flaky.
            let (first, second) = tokio::try_join!(run(drive, prepared, &workload, &step, 0), run(drive, prepared, &workload, &step, 1))?;
            let costs = vec![first.cost, second.cost];
            let (figures, narrowed) = match judge(drive, &workload, &first.result, &second.result) {
                Ok(figures) => (figures, String::new()),
                Err(failure) => {
                    let tests = Tests::of(&first.result.tests, &second.result.tests);
                    let narrow = || left_out::narrowed(&workload, &prepared.test_paths, &first.result, &tests);
                    let narrowed = may_narrow.then(narrow).flatten();
                    // What failed at first tells more than what was left in the end.
                    let failure = original.take().unwrap_or(failure);
                    let Some(narrowed) = narrowed else { return Err(failure.into()) };
                    original = Some(failure);
                    (narrowed.workload, narrowed.note)
                }
            };
            let is_tests = figures.is_tests || !first.result.tests.is_empty();
            Ok(CheckedStep { workload: Some(Workload { is_tests, plain: Some(first.file), ..figures }), costs, narrowed })
        };
        let beside = |checked: &CheckedStep| Beside { costs: checked.costs.clone(), ..Beside::default() };
        let checked: CheckedStep = drive.own(&step, work, beside).await?;
        workload = checked.workload.unwrap_or_default();
        if checked.narrowed.is_empty() {
            break;
        }
        drive.note("warning", &checked.narrowed).await?;
    }
    Ok(workload)
}

/// A checked workload as its step stores it; private to this role's store.
#[derive(Clone, PartialEq, prost::Message)]
struct CheckedStep {
    #[prost(message, optional, tag = "1")]
    workload: Option<Workload>,
    #[prost(message, repeated, tag = "2")]
    costs: Vec<Cost>,
    /// What was left out, for people: the workload is to be run again then.
    #[prost(string, tag = "3")]
    narrowed: String,
}

struct Plain {
    result: WorkloadResult,
    /// The result as it is stored.
    file: Artifact,
    cost: Cost,
}

async fn run(drive: &Drive, prepared: &Prepared, workload: &Workload, step: &str, hash_seed: u32) -> Result<Plain, Halt> {
    let timeout_s = Config::seconds(&drive.driver.config.workload_timeout);
    let plan = WorkloadPlan {
        start: start_of(prepared),
        command: workload.command.clone(),
        instrument: Instrument::None,
        targets: Vec::new(),
        edits: Vec::new(),
        timeout_s,
        hash_seed,
        report_tests: workload.is_tests,
    };
    // The runner ends the workload in time and tells of it; the job's own limit is behind that.
    let wall = std::time::Duration::from_secs_f64(timeout_s + 60.0);
    let limits = Limits { wall, cpu: wall * 8, ..Limits::standard() };
    let context = drive.context(step);
    let job =
        JobBuilder::new(&context, prepared, JobKind::Workload, &format!("plain-{hash_seed}")).plan(Plan::Workload(plan)).limits(limits);
    let finished = job.run(drive.peers(), |_, _| {}).await?;
    let result = finished.result(&drive.peers().artifacts()).await?;
    Ok(Plain { result, file: finished.output(RESULT_FILE)?.clone(), cost: finished.cost("prepare") })
}

/// Refuses a workload that does not pass, with the first evidence and a command that would.
fn judge(drive: &Drive, workload: &Workload, first: &WorkloadResult, second: &WorkloadResult) -> Result<Workload, Failure> {
    let whet = Suggestion::of(drive);
    if first.timed_out || second.timed_out {
        return Err(timed_out(
            workload,
            if first.timed_out { first } else { second },
            Config::seconds(&drive.driver.config.workload_timeout),
        ));
    }
    let tests = Tests::of(&first.tests, &second.tests);
    if !tests.failing.is_empty() {
        return Err(failing_tests(workload, &tests, &whet));
    }
    let fails = |result: &WorkloadResult| result.exit != 0;
    let explained_by_flaky = |result: &WorkloadResult| result.tests.iter().any(|test| has_failed(test) && tests.flaky.contains(&test.id));
    if let Some(failed) = [first, second].into_iter().find(|result| fails(result) && !explained_by_flaky(result)) {
        return Err(exited(workload, failed, &whet));
    }
    let cpu = |result: &WorkloadResult| result.resources.cpu_user_s + result.resources.cpu_system_s;
    Ok(Workload {
        wall_s: first.resources.wall_s.min(second.resources.wall_s),
        cpu_s: cpu(first).min(cpu(second)),
        tests_passed: tests.passed,
        flaky: tests.flaky,
        ..workload.clone()
    })
}

/// How tests ended in two runs.
pub struct Tests {
    /// Failing both times, with the first line of the failure.
    pub failing: Vec<(String, String)>,
    pub flaky: Vec<String>,
    pub passed: u32,
}

impl Tests {
    fn of(first: &[TestResult], second: &[TestResult]) -> Self {
        let again: BTreeMap<&str, &TestResult> = second.iter().map(|test| (test.id.as_str(), test)).collect();
        let mut tests = Self { failing: Vec::new(), flaky: Vec::new(), passed: 0 };
        for test in first {
            let other = again.get(test.id.as_str());
            match other {
                Some(other) if has_failed(test) && has_failed(other) => tests.failing.push((test.id.clone(), test.message.clone())),
                Some(other) if other.outcome == test.outcome => tests.passed += u32::from(test.outcome == "passed"),
                // Another end, or not there the second time.
                _ => tests.flaky.push(test.id.clone()),
            }
        }
        let seen: std::collections::BTreeSet<&str> = first.iter().map(|test| test.id.as_str()).collect();
        tests.flaky.extend(second.iter().filter(|test| !seen.contains(test.id.as_str())).map(|test| test.id.clone()));
        tests
    }
}

fn has_failed(test: &TestResult) -> bool {
    matches!(test.outcome.as_str(), "failed" | "error")
}

/// A command of whet that would work.
pub(super) struct Suggestion {
    kind: RunKind,
    source: String,
}

impl Suggestion {
    pub(super) fn of(drive: &Drive) -> Self {
        Self { kind: drive.kind(), source: runs::source_text(drive.request.source.as_ref()) }
    }

    /// The same command of whet with this workload.
    pub(super) fn with_command(&self, command: &str) -> String {
        let option = format!("--command \"{}\"", command.replace('\\', "\\\\").replace('"', "\\\""));
        let source = quoted(&self.source);
        match self.kind {
            RunKind::Analyze => format!("whet analyze {source} {option}"),
            RunKind::Optimize => format!("whet optimize {source} {option}"),
            // Their sides and candidates are not known here by the names that they were given.
            _ => format!("the same command with {option}"),
        }
    }
}

fn failing_tests(workload: &Workload, tests: &Tests, whet: &Suggestion) -> Failure {
    let failed = tests.failing.len();
    let message = format!("the tests fail before anything was changed: {failed} failed, {} passed", tests.passed);
    let lines: Vec<String> = tests.failing.iter().take(5).map(|(id, why)| format!("{id}  {why}").trim_end().to_owned()).collect();
    let advice = if failed <= MOST_DESELECTED && workload.command.contains("pytest") {
        let ids: Vec<String> = tests.failing.iter().map(|(id, _)| id.clone()).collect();
        let command = whet.with_command(&left_out::without(&workload.command, &ids, quoted));
        format!("A change can only be checked against tests that pass. Leave these out:\n  {command}")
    } else {
        let such_as = if workload.command.contains("unittest") { "unittest test_module.TestClass" } else { "pytest tests/test_module.py" };
        let command = whet.with_command(&format!("python -m {such_as}"));
        format!("A change can only be checked against tests that pass. Make them pass first, or name some that do, such as:\n  {command}")
    };
    let mut failure = Failure::refused("TESTS_FAIL", message).detail(format!("first: {}", lines.join("\n       "))).advice(advice);
    failure.metadata = [("failed".to_owned(), failed.to_string()), ("passed".to_owned(), tests.passed.to_string())].into();
    failure
}

/// A test's id or a path as one word of a shell, within double quotes of another too.
fn quoted(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:".contains(c);
    if id.chars().all(plain) { id.to_owned() } else { format!("'{}'", id.replace('\'', "'\\''")) }
}

fn timed_out(workload: &Workload, result: &WorkloadResult, limit_s: f64) -> Failure {
    let limit = std::time::Duration::try_from_secs_f64(limit_s).map(whetstone_core::duration::show).unwrap_or_default();
    let detail = evidence(result);
    let message = format!("`{}` did not end within {limit}, before anything was changed", workload.command);
    Failure::refused("WORKLOAD_HANGS", message).detail(detail).advice(
        "Leave out what hangs with --command, choose a shorter workload, or raise the limit:\n  \
             WHETSTONE__REPOSITORY__WORKLOAD_TIMEOUT=30m whet ...",
    )
}

fn exited(workload: &Workload, result: &WorkloadResult, whet: &Suggestion) -> Failure {
    let detail = evidence(result);
    if workload.is_tests && result.exit == NOTHING_COLLECTED && result.tests.is_empty() {
        return Failure::refused("NO_TESTS", format!("`{}` found no test to run", workload.command))
            .detail(detail)
            .advice(format!("Give a workload: {}", whet.with_command("python bench.py")));
    }
    let message = format!("`{}` ends with exit status {} before anything was changed", workload.command, result.exit);
    Failure::refused("WORKLOAD_FAILS", message)
        .detail(detail)
        .advice("A change can only be checked against a workload that succeeds. Correct it, or name another with --command.")
}

/// The test that was running, and the last lines that were printed.
fn evidence(result: &WorkloadResult) -> String {
    let running = result.tests.iter().find(|test| test.outcome == UNFINISHED).map(|test| format!("while running {}", test.id));
    let printed = last_lines(&result.stdout.tail, &result.stderr.tail);
    running.into_iter().chain([printed]).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn last_lines(stdout: &str, stderr: &str) -> String {
    let text = if stderr.trim().is_empty() { stdout } else { stderr };
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

/// The first names of a list.
pub fn listed(names: &[String]) -> String {
    let shown = names.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 5 { format!("{shown}, and {} more", names.len() - 5) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(id: &str, outcome: &str) -> TestResult {
        TestResult { id: id.into(), outcome: outcome.into(), seconds: 0.0, message: format!("{outcome}: why") }
    }

    #[test]
    fn failing_twice_is_failing_and_ending_otherwise_is_flaky() {
        let first = [test("a", "passed"), test("b", "failed"), test("c", "passed"), test("d", "skipped"), test("e", "passed")];
        let second = [test("a", "passed"), test("b", "error"), test("c", "failed"), test("d", "skipped"), test("f", "passed")];
        let tests = Tests::of(&first, &second);
        assert_eq!(tests.failing, [("b".to_owned(), "failed: why".to_owned())]);
        assert_eq!((tests.flaky, tests.passed), (vec!["c".to_owned(), "e".to_owned(), "f".to_owned()], 1));
    }

    #[test]
    fn the_advice_for_failing_tests_is_a_command_that_leaves_them_out() {
        let workload = Workload { command: "pytest -q".into(), is_tests: true, ..Workload::default() };
        let failing = vec![("t.py::test_a".into(), "AssertionError".into()), ("t.py::test_b[x y]".into(), String::new())];
        let tests = Tests { failing, flaky: vec![], passed: 211 };
        let failure = failing_tests(&workload, &tests, &Suggestion { kind: RunKind::Optimize, source: ".".into() });
        assert_eq!(failure.message, "the tests fail before anything was changed: 2 failed, 211 passed");
        assert!(failure.detail.starts_with("first: t.py::test_a  AssertionError"));
        let expected = "whet optimize . --command \"pytest -q --deselect t.py::test_a --deselect 't.py::test_b[x y]'\"";
        assert!(failure.advice.ends_with(expected), "{}", failure.advice);
    }
}
