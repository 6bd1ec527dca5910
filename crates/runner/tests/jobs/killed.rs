//! What is left of a job whose service is killed: nothing that runs.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{hostile::processes_with, support::Host};

/// Makes this test binary run one endless job instead, in a process of its own.
const CHILD: &str = "WHET_TEST_RUNS_ENDLESS_JOB";

#[tokio::test]
async fn a_job_dies_with_the_service_that_runs_it() {
    if std::env::var_os(CHILD).is_some() {
        Host::new().shell("setsid sleep 9173 & trap '' TERM; sleep 9173").await;
        return;
    }
    let itself = std::env::current_exe().expect("a test binary");
    let mut service = Command::new(itself)
        .args(["--exact", "killed::a_job_dies_with_the_service_that_runs_it", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    wait_until("the job runs", || processes_with("sleep\u{0}9173") >= 2);
    service.kill().expect("ours");
    service.wait().expect("ours");
    wait_until("nothing of the job is left", || processes_with("9173") == 0);
}

/// Asks again until it holds; nobody tells of other processes' ends.
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(20), "{what}: not after 20 s");
        std::thread::yield_now();
    }
}
