//! What every sandbox must do, whatever it is made of.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use whetstone_core::{
    job::{JobEnd, JobOutcome, JobSpec, Limits},
    plan::RESULT_FILE,
    port::{RunningJob, Sandbox, sandbox::Prepared},
    record::Record,
};

/// A sandbox with two jobs that it can run.
pub struct Subject<'a> {
    pub sandbox: &'a dyn Sandbox,
    /// Says at least one record, leaves a result and succeeds within seconds.
    pub short: JobSpec,
    /// Never ends by itself, and says a record once it runs.
    pub endless: JobSpec,
    /// `(host path, path in the job)` that both need.
    pub inputs: Vec<(PathBuf, PathBuf)>,
}

/// Runs the whole suite.
///
/// # Panics
/// At the first thing that the sandbox does not do.
pub async fn all(subject: &Subject<'_>) {
    tells_that_it_is_usable(subject).await;
    a_short_job_succeeds_and_leaves_its_result(subject).await;
    a_watcher_that_goes_away_stops_nobody(subject).await;
    a_job_that_takes_too_long_is_timed_out(subject).await;
    a_cancelled_job_is_gone_within_a_second(subject).await;
}

struct Ran {
    outcome: JobOutcome,
    records: Vec<Record>,
    output: tempfile::TempDir,
}

/// Runs a job; `on_record` may cancel it.
async fn run(subject: &Subject<'_>, spec: &JobSpec, on_record: impl Fn(&CancellationToken)) -> Ran {
    let output = tempfile::tempdir().expect("a temporary folder");
    let (records, mut said) = mpsc::channel(16);
    let (_controls, received) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let prepared = Prepared { inputs: subject.inputs.clone(), output: output.path().into(), proxy: None };
    let channels = RunningJob { records, controls: received, cancel: cancel.clone() };
    let watch = async {
        let mut all = Vec::new();
        while let Some(record) = said.recv().await {
            on_record(&cancel);
            all.push(record);
        }
        all
    };
    let (outcome, records) = tokio::join!(subject.sandbox.run(spec, prepared, channels), watch);
    Ran { outcome: outcome.expect("the sandbox runs jobs"), records, output }
}

async fn tells_that_it_is_usable(subject: &Subject<'_>) {
    let report = subject.sandbox.describe().await;
    assert!(report.usable && !report.name.is_empty(), "{report:?}");
}

async fn a_short_job_succeeds_and_leaves_its_result(subject: &Subject<'_>) {
    let ran = run(subject, &subject.short, |_| {}).await;
    assert_eq!((ran.outcome.end, ran.outcome.exit), (JobEnd::Succeeded, Some(0)), "{}", ran.outcome.message);
    assert!(!ran.records.is_empty());
    let result = std::fs::read(ran.output.path().join(RESULT_FILE)).expect("the result stays when the job is removed");
    serde_json::from_slice::<serde_json::Value>(&result).expect("a result is JSON");
}

async fn a_watcher_that_goes_away_stops_nobody(subject: &Subject<'_>) {
    let output = tempfile::tempdir().expect("a temporary folder");
    let (records, said) = mpsc::channel(1);
    drop(said);
    let (_controls, received) = mpsc::channel(1);
    let prepared = Prepared { inputs: subject.inputs.clone(), output: output.path().into(), proxy: None };
    let channels = RunningJob { records, controls: received, cancel: CancellationToken::new() };
    let outcome = subject.sandbox.run(&subject.short, prepared, channels).await.expect("the sandbox runs jobs");
    assert_eq!(outcome.end, JobEnd::Succeeded, "{}", outcome.message);
}

async fn a_job_that_takes_too_long_is_timed_out(subject: &Subject<'_>) {
    let limits = Limits { wall: Duration::from_millis(700), ..subject.endless.limits.clone() };
    let ran = run(subject, &JobSpec { limits, ..subject.endless.clone() }, |_| {}).await;
    assert_eq!(ran.outcome.end, JobEnd::TimedOut, "{}", ran.outcome.message);
    assert!(!ran.outcome.message.is_empty());
    assert!(ran.outcome.resources.wall_s >= 0.6, "{:?}", ran.outcome.resources);
}

async fn a_cancelled_job_is_gone_within_a_second(subject: &Subject<'_>) {
    let asked = std::cell::Cell::new(Instant::now());
    let cancel = |token: &CancellationToken| {
        if !token.is_cancelled() {
            asked.set(Instant::now());
            token.cancel();
        }
    };
    let ran = run(subject, &subject.endless, cancel).await;
    assert_eq!(ran.outcome.end, JobEnd::Cancelled, "{}", ran.outcome.message);
    assert!(asked.get().elapsed() < Duration::from_secs(1), "{:?}", asked.get().elapsed());
}
