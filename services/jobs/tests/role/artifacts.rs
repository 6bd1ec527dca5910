//! Artifacts, their holders, and garbage collection.

use tonic::Code;
use whetstone_core::Digest;
use whetstone_proto::{common::v1::Artifact, jobs::v1::CollectGarbageRequest};
use whetstone_testkit::sandbox::{PlanKind, Script, ScriptedSandbox};

use crate::support::Process;

async fn garbage(process: &Process) -> (u32, u64) {
    let collected = process.peers.jobs().collect_garbage(CollectGarbageRequest {}).await.expect("answered").into_inner();
    (collected.removed, collected.freed_bytes)
}

#[tokio::test]
async fn what_is_put_is_got_back_in_pieces() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let process = Process::start(folder.path(), ScriptedSandbox::new()).await;
    let artifacts = process.peers.artifacts();
    let bytes: Vec<u8> = (0..5_000_000u32).map(|number| (number % 251) as u8).collect();
    let stored = artifacts.put_bytes("data", bytes.clone(), "run/r1").await.expect("stored");
    assert_eq!((stored.digest.as_str(), stored.size), (Digest::of(&bytes).as_str(), 5_000_000));
    assert_eq!(artifacts.get_bytes(&stored).await.expect("there"), bytes);
    let empty = artifacts.put_bytes("empty", Vec::new(), "run/r1").await.expect("stored");
    assert!(artifacts.get_bytes(&empty).await.expect("there").is_empty());
    for digest in ["0".repeat(64), "../../etc/passwd".into()] {
        let missing = Artifact { digest, ..stored.clone() };
        assert_eq!(artifacts.get_bytes(&missing).await.expect_err("missing").code(), Code::NotFound);
    }
}

#[tokio::test]
async fn garbage_is_what_nobody_holds() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let process = Process::start(folder.path(), ScriptedSandbox::new()).await;
    let artifacts = process.peers.artifacts();
    let held = artifacts.put_bytes("a", "held", "run/r1").await.expect("stored");
    let shared = artifacts.put_bytes("b", "shared", "run/r1").await.expect("stored");
    artifacts.hold("environment/e1", [shared.digest.clone()]).await.expect("known");
    artifacts.put_bytes("c", "unheld", "").await.expect("stored");
    assert_eq!(garbage(&process).await, (1, 6));
    artifacts.release("run/r1").await.expect("answered");
    assert_eq!(garbage(&process).await, (1, 4));
    assert_eq!(artifacts.get_bytes(&held).await.expect_err("collected").code(), Code::NotFound);
    assert_eq!(artifacts.get_bytes(&shared).await.expect("held by another"), "shared");
    let unknown = artifacts.hold("run/r2", [held.digest]).await.expect_err("collected");
    assert_eq!(unknown.code(), Code::NotFound);
}

#[tokio::test]
async fn a_job_whose_outputs_were_collected_runs_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scripted = ScriptedSandbox::new().on(PlanKind::Prepare, |_| Script::new().result(&1));
    let process = Process::start(folder.path(), scripted.clone()).await;
    process.run(process.spec("a").await).await.expect("it runs");
    process.peers.artifacts().release("run/r1").await.expect("answered");
    assert_eq!(garbage(&process).await.0, 2, "the plan and the result");
    let (job, _) = process.run(process.spec("a").await).await.expect("it runs");
    assert!(!job.recorded && scripted.ran().len() == 2);
}
