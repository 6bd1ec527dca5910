//! Idempotency, attaching, cancelling, and what a restart does.

use std::time::Duration;

use tonic::Code;
use whetstone_core::{job::JobEnd, record::Record};
use whetstone_proto::jobs::v1::{CancelJobsRequest, ControlJobRequest, GetJobRequest, ListJobsRequest, run_job_response::Update};
use whetstone_runtime::Failure;
use whetstone_testkit::sandbox::{PlanKind, Script, ScriptedSandbox};

use crate::support::{Process, begun, follow};

fn log(message: &str) -> Record {
    Record::Log { level: "info".into(), message: message.into() }
}

/// Jobs whose key starts with `endless` never end; one with `fails` fails; others leave a result.
fn sandbox() -> ScriptedSandbox {
    ScriptedSandbox::new().on(PlanKind::Prepare, |spec| match spec.key.split('/').next() {
        Some("endless") => Script::new().wait(Duration::MAX),
        Some("fails") => Script::new().leave("result.json", "1").end(JobEnd::Failed, "exploded"),
        Some("served") => Script::new().serve(log).result(&1),
        _ => Script::new().say(log("hello")).leave("deep/log.txt", "text").result(&7),
    })
}

#[tokio::test]
async fn a_finished_job_is_answered_from_its_record_even_after_a_restart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scripted = sandbox();
    let process = Process::start(folder.path(), scripted.clone()).await;
    let (job, said) = process.run(process.spec("a").await).await.expect("it runs");
    assert_eq!((job.state.as_str(), job.exit, job.recorded), ("succeeded", 0, false));
    assert!(said.iter().any(|update| matches!(update, Update::Log(line) if line.message == "hello")));
    let names: Vec<&str> = job.outputs.iter().map(|output| output.name.as_str()).collect();
    assert_eq!(names, ["deep/log.txt", "result.json"]);
    let result: u32 = process.peers.artifacts().get_json(&job.outputs[1]).await.expect("stored");
    assert_eq!(result, 7);
    process.stop().await;

    let process = Process::start(folder.path(), scripted.clone()).await;
    let (again, said) = process.run(process.spec("a").await).await.expect("it is recorded");
    assert!(again.recorded && said.is_empty());
    assert_eq!((again.outputs, again.id), (job.outputs, job.id));
    assert_eq!(scripted.ran().len(), 1);
}

#[tokio::test]
async fn a_failed_job_is_recorded_too_until_its_run_is_resumed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scripted = sandbox();
    let process = Process::start(folder.path(), scripted.clone()).await;
    let (job, _) = process.run(process.spec("fails").await).await.expect("it runs");
    assert_eq!((job.state.as_str(), job.message.as_str(), job.outputs.len()), ("failed", "exploded", 0));
    assert!(process.run(process.spec("fails").await).await.expect("it is recorded").0.recorded);
    let resumed = whetstone_proto::jobs::v1::JobSpec { fence: 2, ..process.spec("fails").await };
    assert!(!process.run(resumed).await.expect("it is run").0.recorded, "a resumed run tries it again");
    assert_eq!(scripted.ran().len(), 2);
}

#[tokio::test]
async fn a_running_job_is_attached_to_and_a_cancelled_one_runs_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scripted = sandbox();
    let process = Process::start(folder.path(), scripted.clone()).await;
    let mut first = process.begin(process.spec("endless").await).await.expect("it begins");
    begun(&mut first).await;
    let mut second = process.begin(process.spec("endless").await).await.expect("it attaches");
    begun(&mut second).await;
    let found = process.peers.jobs().get_job(GetJobRequest { key: "endless".into() }).await.expect("there").into_inner();
    assert_eq!(found.job.expect("named").state, "running");
    let request = CancelJobsRequest { run: "r1".into(), key: String::new() };
    assert_eq!(process.peers.jobs().cancel_jobs(request).await.expect("answered").into_inner().cancelled, 1);
    for stream in [first, second] {
        assert_eq!(follow(stream).await.expect("it ends").0.state, "cancelled");
    }
    assert_eq!(scripted.ran().len(), 1);
    let mut again = process.begin(process.spec("endless").await).await.expect("it begins again");
    begun(&mut again).await;
    // It is told as running before the sandbox is asked.
    let asked_again = async {
        while scripted.ran().len() < 2 {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asked_again).await.expect("the sandbox is asked again");
    assert_eq!(scripted.ran().len(), 2);
    process.stop().await;
}

#[tokio::test]
async fn a_queued_job_is_cancelled_without_ever_running() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scripted = sandbox();
    let process = Process::start(folder.path(), scripted.clone()).await;
    for key in ["endless/1", "endless/2"] {
        begun(&mut process.begin(process.spec(key).await).await.expect("a place is free")).await;
    }
    let third = process.begin(process.spec("third").await).await.expect("it waits");
    let request = CancelJobsRequest { run: String::new(), key: "third".into() };
    process.peers.jobs().cancel_jobs(request).await.expect("answered");
    assert_eq!(follow(third).await.expect("it ends").0.state, "cancelled");
    assert_eq!(scripted.ran().len(), 2);
    process.stop().await;
}

#[tokio::test]
async fn an_asker_that_goes_away_at_any_moment_leaves_no_job_that_cannot_be_cancelled() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let process = Process::start(folder.path(), sandbox()).await;
    for micros in (0..4000).step_by(100) {
        let spec = process.spec(&format!("endless/{micros}")).await;
        let _ = tokio::time::timeout(Duration::from_micros(micros), process.begin(spec)).await;
        let request = CancelJobsRequest { run: "r1".into(), key: String::new() };
        let mut jobs = process.peers.jobs();
        let cancelling = tokio::time::timeout(Duration::from_secs(20), jobs.cancel_jobs(request));
        cancelling.await.unwrap_or_else(|_| panic!("gone after {micros} µs: a job never ends")).expect("answered");
    }
    process.stop().await;
}

#[tokio::test]
async fn a_timing_job_waits_until_it_is_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let process = Process::start(folder.path(), sandbox()).await;
    begun(&mut process.begin(process.spec("endless").await).await.expect("a place is free")).await;
    let mut spec = process.spec("timed").await;
    spec.timing = true;
    let mut timed = process.begin(spec).await.expect("it waits");
    let waited = tokio::time::timeout(Duration::from_millis(200), timed.message()).await;
    assert!(waited.is_err(), "it began beside another job");
    process.peers.jobs().cancel_jobs(CancelJobsRequest { run: String::new(), key: "endless".into() }).await.expect("answered");
    assert_eq!(follow(timed).await.expect("it runs").0.state, "succeeded");
}

#[tokio::test]
async fn controls_reach_the_runner_until_it_is_told_to_finish() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let process = Process::start(folder.path(), sandbox()).await;
    let stream = process.begin(process.spec("served").await).await.expect("it begins");
    let control =
        |series: &[&str]| ControlJobRequest { key: "served".into(), continue_series: series.iter().map(|name| (*name).into()).collect() };
    process.peers.jobs().control_job(control(&["a", "b"])).await.expect("it is live");
    process.peers.jobs().control_job(control(&[])).await.expect("it is live");
    let (job, said) = follow(stream).await.expect("it ends");
    let answers: Vec<_> =
        said.iter().filter_map(|update| if let Update::Log(line) = update { Some(line.message.as_str()) } else { None }).collect();
    assert_eq!((job.state.as_str(), answers), ("succeeded", vec!["a", "b"]));
    process.peers.jobs().control_job(control(&[])).await.expect("a job that has ended needs none");
    let unknown = ControlJobRequest { key: "nothing".into(), continue_series: vec![] };
    assert_eq!(process.peers.jobs().control_job(unknown).await.expect_err("unknown").code(), Code::NotFound);
}

#[tokio::test]
async fn what_a_killed_process_left_running_is_lost_and_runs_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = tempfile::tempdir().expect("a temporary folder");
    let process = Process::start(first.path(), sandbox()).await;
    begun(&mut process.begin(process.spec("endless").await).await.expect("it begins")).await;
    // What a killed process leaves: its files as they are now.
    let copied = std::process::Command::new("cp").arg("-r").arg(first.path().join(".")).arg(folder.path()).status();
    assert!(copied.expect("cp is there").success());
    process.stop().await;
    std::fs::remove_file(folder.path().join("jobs.sock")).expect("copied");

    let scripted = ScriptedSandbox::new().on(PlanKind::Prepare, |_| Script::new().result(&1));
    let process = Process::start(folder.path(), scripted.clone()).await;
    let listed = process.peers.jobs().list_jobs(ListJobsRequest { run: "r1".into() }).await.expect("answered").into_inner();
    assert_eq!(listed.jobs.iter().map(|job| job.state.as_str()).collect::<Vec<_>>(), ["lost"]);
    let (job, _) = process.run(process.spec("endless").await).await.expect("it runs");
    assert_eq!((job.state.as_str(), job.recorded, scripted.ran().len()), ("succeeded", false, 1));
}

#[tokio::test]
async fn a_lost_job_is_tried_again_at_once_and_then_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scripted = ScriptedSandbox::new().on(PlanKind::Prepare, |_| Script::new().end(JobEnd::Lost, "the node is gone"));
    let process = Process::start(folder.path(), scripted.clone()).await;
    let (job, _) = process.run(process.spec("a").await).await.expect("it is tried");
    assert_eq!((job.state.as_str(), scripted.ran().len()), ("lost", 3));
    process.run(process.spec("a").await).await.expect("it is tried");
    assert_eq!(scripted.ran().len(), 6, "a lost job is no answer");
}

#[tokio::test]
async fn wrong_specifications_old_drivers_and_missing_sandboxes_are_refused_with_a_reason() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let process = Process::start(folder.path(), ScriptedSandbox::new()).await;
    let good = process.spec("a").await;
    let input = |digest: &str, mount: &str| whetstone_proto::jobs::v1::Input { digest: digest.into(), is_tree: true, mount: mount.into() };
    let plan = good.plan_digest.clone();
    let cases = [
        (whetstone_proto::jobs::v1::JobSpec { key: String::new(), ..good.clone() }, "INVALID_JOB"),
        (whetstone_proto::jobs::v1::JobSpec { kind: "workload".into(), network: "registries".into(), ..good.clone() }, "INVALID_JOB"),
        (whetstone_proto::jobs::v1::JobSpec { inputs: vec![input(&plan, "/etc")], ..good.clone() }, "INVALID_JOB"),
        (whetstone_proto::jobs::v1::JobSpec { inputs: vec![input(&plan, "/whet/../etc")], ..good.clone() }, "INVALID_JOB"),
        (whetstone_proto::jobs::v1::JobSpec { inputs: vec![input(&plan, "/job/in/tree")], ..good.clone() }, "INVALID_JOB"),
        (whetstone_proto::jobs::v1::JobSpec { plan_digest: "0".repeat(64), ..good.clone() }, "NO_SUCH_ARTIFACT"),
        (good.clone(), "NO_SANDBOX"),
        (whetstone_proto::jobs::v1::JobSpec { fence: 0, ..good }, "STALE_FENCE"),
    ];
    for (spec, reason) in cases {
        let status = process.run(spec).await.expect_err(reason);
        assert_eq!(Failure::from_status(&status).reason, reason, "{status:?}");
    }
}
