//! Whole runs against fakes of the other roles.

use std::{collections::BTreeMap, sync::Arc};

use crate::support::{Process, World, request, source, workload};
use whetstone_core::plan::{WorkloadResult, workload::TestResult};
use whetstone_proto::{
    common::v1::{Artifact, RunOptions, Verdict},
    repository::v1::{
        CancelRunRequest, GetRunDocumentRequest, GivenCandidate, ListCostsRequest, OpenSourceRequest, ReserveRequest, RunKind, Source,
        event::Fact, source::From,
    },
};

fn verdicts(world: &World) -> BTreeMap<String, (Verdict, String)> {
    let report = world.report.lock().expect("no panics").clone().expect("a report");
    report.candidates.into_iter().map(|candidate| (candidate.id.clone(), (candidate.verdict(), candidate.reason))).collect()
}

/// The JSON document that the run's evidence gives, without the run's id.
fn document(world: &World, run: &str) -> String {
    let report = world.report.lock().expect("no panics").clone().expect("a report");
    let bytes = whetstone_reporting::document_of(&report).expect("written");
    String::from_utf8(bytes).expect("JSON is text").replace(run, "RUN")
}

#[tokio::test]
async fn an_optimization_goes_through_every_stage_to_its_report() {
    let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
    *world.price.lock().expect("no panics") = 42;
    let process = Process::start(data.path(), &world).await;
    let asked = request(source.path(), RunKind::Optimize);
    let run = process.run(asked.clone()).await;
    let events = process.watch(&run.id).await;
    let run = process.get(&run.id).await;
    assert_eq!((run.state.as_str(), run.optimizations, run.branch.as_str()), ("succeeded", 2, "whetstone/x"), "{:?}", run.failure);
    assert!(run.stages.iter().all(|stage| stage.state == "done"), "{:?}", run.stages);
    assert_eq!(run.snapshot.expect("taken").files, 1);

    let numbers: Vec<u64> = events.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    let decided = events.iter().filter(|event| matches!(event.fact, Some(Fact::CandidateDecided(_)))).count();
    assert_eq!(decided, 4, "the driver tells of what it decides; the wrong ones are the optimization role's to tell");
    assert!(matches!(&events.last().expect("some").fact, Some(Fact::RunFinished(finished)) if finished.state == "succeeded"));

    let verdicts = verdicts(&world);
    assert_eq!(verdicts["hot-fast"].0, Verdict::Accepted);
    assert_eq!(verdicts["hot-slow"], (Verdict::Inconclusive, "not confirmed: slower in the screen than rule-hot-fast".into()));
    assert_eq!(verdicts["warm-wrong"].0, Verdict::Rejected);
    assert!(world.compares.lock().expect("no panics").iter().all(|compare| compare.family == 4), "two targets, two tries each");
    let report = world.report.lock().expect("no panics").clone().expect("a report");
    assert_eq!(report.workload_effect.expect("the finished branch's").ratio, 1.3);
    assert_eq!(report.folder, source.path().display().to_string());
    assert_eq!(run.spent_microusd, 42);

    let again = process.run(asked).await;
    assert_eq!(again.id, run.id, "one request id starts one run");
}

#[tokio::test]
async fn a_run_killed_at_any_step_goes_on_and_repeats_nothing_finished() {
    let steps = [
        "environment/build",
        "tools/build",
        "workload/0/plain-1",
        "analyze",
        "generate_tests",
        "baseline",
        "optimize/warm/0",
        "emit_tests",
        "screen/hot/0",
        "compare/hot-fast",
        "confirm/warm-fast",
        "branch/2",
        "report",
    ];
    let source = source();
    let undisturbed = {
        let (data, world) = (tempfile::tempdir().expect("a folder"), Arc::new(World::default()));
        let process = Process::start(data.path(), &world).await;
        let run = process.finish(request(source.path(), RunKind::Optimize)).await;
        document(&world, &run.id)
    };
    assert!(undisturbed.contains("rule-hot-fast") && undisturbed.contains("\"accepted\""), "{undisturbed}");
    for step in steps {
        let (data, world) = (tempfile::tempdir().expect("a folder"), Arc::new(World::default()));
        world.hang_in(Some(step));
        let first = Process::start(data.path(), &world).await;
        let run = first.run(request(source.path(), RunKind::Optimize)).await.id;
        world.begun.notified().await;
        first.kill().await;

        world.hang_in(None);
        let second = Process::start(data.path(), &world).await;
        assert_eq!(second.get(&run).await.state, "interrupted", "{step}");
        second.resume(&run).await;
        second.watch(&run).await;
        let run = second.get(&run).await;
        assert_eq!((run.state.as_str(), run.optimizations), ("succeeded", 2), "{step}: {:?}", run.failure);
        for (worked, count) in world.counts() {
            // What ran beside the killed step was killed with it.
            let beside = step.starts_with("workload") && worked.starts_with("workload")
                || step.ends_with("/build") && worked.ends_with("/build")
                || step.starts_with("optimize") && (worked.starts_with("optimize") || worked == "emit_tests")
                || step == "emit_tests" && (worked.starts_with("optimize") || worked.starts_with("screen"));
            let expected = if worked == step {
                2..=2
            } else if beside {
                1..=2
            } else {
                1..=1
            };
            assert!(expected.contains(&count), "killed in {step}: {worked} was worked on {count} times");
        }
        assert_eq!(document(&world, &run.id), undisturbed, "killed in {step}");
    }
}

#[tokio::test]
async fn a_cancelled_run_ends_its_jobs_and_can_be_resumed() {
    for step in ["workload/0/plain-0", "compare/hot-fast"] {
        let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
        world.hang_in(Some(step));
        let process = Process::start(data.path(), &world).await;
        let run = process.run(request(source.path(), RunKind::Optimize)).await.id;
        world.begun.notified().await;
        let cancelled = process.peers.repository().cancel_run(CancelRunRequest { run: run.clone() }).await.expect("cancelled").into_inner();
        assert_eq!(cancelled.run.expect("a run").state, "cancelled", "{step}");
        assert!(world.counts().contains_key("cancel jobs"));
        world.hang_in(None);
        process.resume(&run).await;
        process.watch(&run).await;
        assert_eq!(process.get(&run).await.state, "succeeded", "{step}");
    }
}

#[tokio::test]
async fn failing_tests_are_refused_with_a_command_that_leaves_them_out() {
    let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
    let failing = TestResult { id: "t.py::test_a".into(), outcome: "failed".into(), seconds: 0.1, message: "AssertionError".into() };
    let told = WorkloadResult { tests: vec![failing], ..workload(1) };
    *world.workload.lock().expect("no panics") = Some(told);
    let process = Process::start(data.path(), &world).await;
    let mut asked = request(source.path(), RunKind::Optimize);
    asked.options = Some(RunOptions { commands: vec!["pytest".into()], ..RunOptions::default() });
    let run = process.finish(asked).await;
    let failure = run.failure.expect("failed");
    assert_eq!((run.state.as_str(), failure.reason.as_str(), failure.class.as_str()), ("failed", "TESTS_FAIL", "refused_input"));
    assert!(failure.advice.contains("pytest --deselect t.py::test_a"), "{}", failure.advice);
    assert_eq!(run.stages[0].state, "failed");
    assert!(!world.counts().contains_key("analyze"));
}

#[tokio::test]
async fn failing_tests_of_an_archive_are_left_out_and_told() {
    let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
    std::fs::write(source.path().join("test_m.py"), "def test_a():\n    open('missing')\n").expect("written");
    let archive = data.path().join("m-1.0.tar");
    let mut tar = tar::Builder::new(std::fs::File::create(&archive).expect("a file"));
    tar.append_dir_all("m-1.0", source.path()).expect("packed");
    tar.finish().expect("written");
    let test = |id: &str, outcome: &str| TestResult { id: id.into(), outcome: outcome.into(), seconds: 0.1, message: "missing".into() };
    let tests = vec![test("test_m.py::test_a", "failed"), test("test_m.py::test_b", "passed")];
    *world.workload.lock().expect("no panics") = Some(WorkloadResult { tests, ..workload(1) });
    let process = Process::start(data.path(), &world).await;
    let mut asked = request(source.path(), RunKind::Optimize);
    asked.options = None;
    asked.source = Some(Source { from: Some(From::Archive(archive.display().to_string())), ..Source::default() });
    let run = process.finish(asked.clone()).await;
    assert_eq!((run.state.as_str(), run.failure), ("succeeded", None));
    let report = world.report.lock().expect("no panics").clone().expect("a report");
    let workload = &report.prepared.expect("prepared").workloads[0];
    assert!(workload.command.ends_with(" --deselect test_m.py::test_a"), "{}", workload.command);
    assert_eq!((workload.tests_passed, workload.is_tests), (1, true));

    // The same tests of a folder are its owner's to decide about.
    let mut asked = request(source.path(), RunKind::Optimize);
    asked.options = None;
    let failure = process.finish(asked).await.failure.expect("failed");
    assert_eq!(failure.reason, "TESTS_FAIL");
}

#[tokio::test]
async fn a_workload_that_fails_or_hangs_is_refused_with_its_last_lines() {
    let hangs = WorkloadResult { timed_out: true, exit: -1, ..workload(0) };
    for (told, reason) in [(workload(3), "WORKLOAD_FAILS"), (hangs, "WORKLOAD_HANGS")] {
        let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
        *world.workload.lock().expect("no panics") = Some(told);
        let process = Process::start(data.path(), &world).await;
        let failure = process.finish(request(source.path(), RunKind::Optimize)).await.failure.expect("failed");
        assert_eq!(failure.reason, reason);
        assert!(failure.detail.ends_with("ZeroDivisionError: division by zero"), "{}", failure.detail);
    }
}

#[tokio::test]
async fn a_source_without_python_or_without_a_workload_is_refused() {
    let (data, world) = (tempfile::tempdir().expect("a folder"), Arc::new(World::default()));
    let process = Process::start(data.path(), &world).await;
    let empty = tempfile::tempdir().expect("a folder");
    std::fs::write(empty.path().join("a.txt"), "no code").expect("written");
    let failure = process.finish(request(empty.path(), RunKind::Optimize)).await.failure.expect("failed");
    assert_eq!(failure.reason, "NO_PYTHON");
    let source = source();
    let mut asked = request(source.path(), RunKind::Optimize);
    asked.options = None;
    let failure = process.finish(asked).await.failure.expect("failed");
    assert_eq!((failure.reason.as_str(), failure.class.as_str()), ("NO_WORKLOAD", "refused_input"));
    let failure = process.finish(request(std::path::Path::new("/nonexistent"), RunKind::Optimize)).await.failure.expect("failed");
    assert_eq!(failure.reason, "SOURCE_MISSING");
}

#[tokio::test]
async fn a_winner_that_a_later_gate_refuses_gives_way_to_the_next_best() {
    let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
    world.unconfirmed.lock().expect("no panics").insert("hot-fast".into());
    world.compared.lock().expect("no panics").insert("warm-fast".into(), ("reject", 0.1));
    let process = Process::start(data.path(), &world).await;
    let run = process.finish(request(source.path(), RunKind::Optimize)).await;
    let verdicts = verdicts(&world);
    assert_eq!(verdicts["hot-fast"], (Verdict::Rejected, "another output".into()));
    assert_eq!(verdicts["hot-slow"].0, Verdict::Accepted);
    assert_eq!(verdicts["warm-fast"], (Verdict::Rejected, "reject of warm-fast".into()));
    assert_eq!((verdicts["warm-slow"].0, run.optimizations), (Verdict::Accepted, 2));
}

#[tokio::test]
async fn weak_evidence_in_a_large_family_takes_further_blocks() {
    let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
    for candidate in ["hot-fast", "warm-fast"] {
        world.compared.lock().expect("no panics").insert(candidate.into(), ("accept", 3.0));
    }
    let process = Process::start(data.path(), &world).await;
    let run = process.finish(request(source.path(), RunKind::Optimize)).await;
    assert_eq!(run.optimizations, 2);
    let compares = world.compares.lock().expect("no panics");
    let asked = |required: f64| compares.iter().filter(|compare| (compare.required_log_e - required).abs() < 1e-9).count();
    assert_eq!(asked((4.0f64 / 0.05).ln()), 2, "what lets each stand alone in a family of four is asked for at once");
    assert_eq!(asked((4.0f64 / (2.0 * 0.05)).ln()), 2, "a family of four at 5 % needs more than 3.0 of each of two");
}

#[tokio::test]
async fn optimizations_that_do_not_stand_together_leave_the_best() {
    let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
    *world.clash.lock().expect("no panics") = true;
    let process = Process::start(data.path(), &world).await;
    let run = process.finish(request(source.path(), RunKind::Optimize)).await;
    assert_eq!(run.optimizations, 1);
    let refused = verdicts(&world).into_values().find(|(_, reason)| reason.starts_with("does not stand together"));
    assert_eq!(refused.expect("one is left out").0, Verdict::Rejected);
}

#[tokio::test]
async fn a_used_up_budget_ends_the_search_and_is_told() {
    let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
    *world.price.lock().expect("no panics") = 100;
    let process = Process::start(data.path(), &world).await;
    let mut asked = request(source.path(), RunKind::Optimize);
    asked.options.as_mut().expect("options").max_cost_microusd = 50;
    let run = process.finish(asked).await;
    assert_eq!((run.state.as_str(), run.optimizations), ("succeeded", 0));
    assert!(!world.counts().keys().any(|step| step.starts_with("optimize")));
    let report = world.report.lock().expect("no panics").clone().expect("a report");
    assert_eq!(report.notes, ["the search ended early: --max-cost was used up"]);
    let costs = process.peers.repository().list_costs(ListCostsRequest { run: run.id.clone() }).await.expect("listed").into_inner().costs;
    assert!(costs.iter().any(|cost| cost.microusd == 100));

    let document = process.peers.repository().get_run_document(GetRunDocumentRequest { run: run.id }).await.expect("known").into_inner();
    assert_eq!(document.prepared.expect("prepared").workloads[0].cpu_s, 1.5);
    let reserve = ReserveRequest { context: document.context, reservation: "r".into(), microusd: 1 };
    assert!(!process.peers.repository().reserve(reserve).await.expect("answered").into_inner().granted);
}

#[tokio::test]
async fn an_environment_is_built_once_for_many_runs() {
    let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
    let process = Process::start(data.path(), &world).await;
    for _ in 0..2 {
        let run = process.finish(request(source.path(), RunKind::Analyze)).await;
        assert_eq!((run.state.as_str(), run.stages.len()), ("succeeded", 3));
    }
    assert_eq!((world.counts()["environment/build"], world.counts()["tools/build"]), (1, 1));
}

#[tokio::test]
async fn a_judgement_hands_its_candidates_over_and_can_confirm_all() {
    let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
    let process = Process::start(data.path(), &world).await;
    let mut asked = request(source.path(), RunKind::Judge);
    let options = asked.options.as_mut().expect("options");
    (options.targets, options.confirm_all) = (vec!["m:hot".into()], true);
    asked.candidates = vec![GivenCandidate { origin: "mine.py".into(), content: "def hot(): ...".into() }];
    let run = process.finish(asked).await;
    assert_eq!((run.state.as_str(), run.optimizations), ("succeeded", 2), "{:?}", run.failure);
    let optimizes = world.optimizes.lock().expect("no panics").clone();
    assert_eq!((optimizes.len(), optimizes[0].given[0].origin.as_str()), (1, "mine.py"));
    let report = world.report.lock().expect("no panics").clone().expect("a report");
    assert_eq!(report.folder, "", "a judgement leaves the source alone unless asked");
}

#[tokio::test]
async fn two_functions_are_compared_as_a_candidate_for_the_first() {
    let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
    let process = Process::start(data.path(), &world).await;
    let mut asked = request(source.path(), RunKind::Compare);
    asked.options.as_mut().expect("options").targets = vec!["m:hot".into()];
    asked.head_target = "m:warm".into();
    let run = process.finish(asked).await;
    assert_eq!(run.state, "succeeded", "{:?}", run.failure);
    let optimizes = world.optimizes.lock().expect("no panics").clone();
    assert_eq!(optimizes[0].given[0].content, "def hot():\n    return 2\n");
}

#[tokio::test]
async fn two_trees_are_compared_at_each_target_with_every_changed_file() {
    let (data, base, head, world) = (tempfile::tempdir().expect("a folder"), source(), source(), Arc::new(World::default()));
    std::fs::write(head.path().join("m.py"), "def hot():\n    return 1\n").expect("written");
    let process = Process::start(data.path(), &world).await;
    let mut asked = request(base.path(), RunKind::Compare);
    asked.head = request(head.path(), RunKind::Compare).source;
    let run = process.finish(asked).await;
    assert_eq!(run.state, "succeeded", "{:?}", run.failure);
    let finished = process.watch(&run.id).await.into_iter().filter_map(|event| match event.fact {
        Some(Fact::StageFinished(stage)) => Some(stage),
        _ => None,
    });
    let stages: Vec<_> = finished.collect();
    assert!(stages.iter().any(|stage| stage.summary == "1 file changed from base to head"), "{stages:?}");
    assert!(stages.iter().all(|stage| !stage.recorded), "nothing was done before: {stages:?}");
    let compares = world.compares.lock().expect("no panics").clone();
    assert_eq!(compares.len(), 2);
    assert!(compares.iter().all(|compare| compare.candidate.as_ref().expect("one").edits[0].path == "m.py"));
    assert_eq!(verdicts(&world)["head-hot"].0, Verdict::Accepted);
}

#[tokio::test]
async fn a_run_out_of_time_before_its_first_result_is_told_how_to_go_on() {
    let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
    world.hang_in(Some("analyze"));
    let process = Process::start(data.path(), &world).await;
    let mut asked = request(source.path(), RunKind::Optimize);
    asked.options.as_mut().expect("options").max_time_s = 0.5;
    let run = process.finish(asked).await;
    let failure = run.failure.expect("told");
    assert_eq!((run.state.as_str(), failure.reason.as_str()), ("out_of_time", "OUT_OF_TIME"));
    assert!(failure.advice.contains(&format!("whet resume {}", run.id)));
    assert_eq!(run.outputs[0].name, "report.html", "what is known by then is reported");
    let report = world.report.lock().expect("no panics").clone().expect("a report");
    assert_eq!(report.notes, ["--max-time 500.0 ms was used up before anything could be compared"]);
    assert!(report.prepared.is_some() && report.candidates.is_empty());
    let analysis = run.stages.iter().find(|stage| stage.stage == "analyze").expect("a stage");
    assert!(analysis.state == "failed" && analysis.seconds > 0.0, "{analysis:?}");

    world.hang_in(None);
    process.resume(&run.id).await;
    process.watch(&run.id).await;
    let run = process.get(&run.id).await;
    assert_eq!((run.state.as_str(), run.failure, run.optimizations), ("succeeded", None, 2));
}

#[tokio::test]
async fn a_bundle_is_verified_by_judging_its_accepted_candidates_again() {
    let (data, source, world) = (tempfile::tempdir().expect("a folder"), source(), Arc::new(World::default()));
    let process = Process::start(data.path(), &world).await;
    let request_source = OpenSourceRequest { source: request(source.path(), RunKind::Judge).source, ..Default::default() };
    let snapshot = process.peers.repository().open_source(request_source).await.expect("opened").into_inner().snapshot.expect("taken");
    *world.bundle_tree.lock().expect("no panics") = snapshot.tree;
    let mut asked = request(source.path(), RunKind::Verify);
    (asked.source, asked.bundle) = (None, Some(Artifact { name: "evidence.whet".into(), ..Artifact::default() }));
    let run = process.finish(asked).await;
    assert_eq!(run.state, "succeeded", "{:?}", run.failure);
    let optimizes = world.optimizes.lock().expect("no panics").clone();
    let asked: Vec<&str> = optimizes.iter().flat_map(|optimize| &optimize.given).map(|given| given.content.as_str()).collect();
    assert_eq!(asked, ["--- the diff"], "the accepted one alone, as a patch");
    assert_eq!(optimizes[0].target.as_ref().expect("one").name, "m:hot");
}
