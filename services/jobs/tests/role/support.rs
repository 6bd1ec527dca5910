//! One process of the role on a data folder.

use std::{path::Path, sync::Arc};

use tokio_util::sync::CancellationToken;
use tonic::Status;
use whetstone_core::plan::{Plan, PreparePlan};
use whetstone_jobs::{Config, build_with};
use whetstone_proto::{
    common::v1::Toolchain,
    jobs::v1::{self as proto, RunJobRequest, run_job_response::Update},
};
use whetstone_runtime::{
    Addresses, Deps, Peers,
    serve::{Listen, Serving, serve},
};
use whetstone_testkit::sandbox::ScriptedSandbox;

pub struct Process {
    pub peers: Peers,
    shutdown: CancellationToken,
    served: whetstone_runtime::serve::Served,
}

impl Process {
    pub async fn start(folder: &Path, sandbox: ScriptedSandbox) -> Self {
        let socket = folder.join("jobs.sock");
        let peers = Peers::new(&Addresses::all(&format!("unix:{}", socket.display()))).expect("an address");
        let shutdown = CancellationToken::new();
        let deps = Deps { peers: peers.clone(), data: folder.to_path_buf(), shutdown: shutdown.clone() };
        let mut config = Config::default();
        config.sandbox.lease = folder.join("lease");
        config.sandbox.jobs = 2;
        let role = build_with(config, deps, Arc::new(sandbox)).await.expect("a fresh folder");
        let serving = Serving::on(Listen::Unix(socket));
        let served = serve(serving, vec![role], peers.clone(), shutdown.clone()).await.expect("a fresh socket");
        Self { peers, shutdown, served }
    }

    pub async fn stop(self) {
        self.shutdown.cancel();
        self.served.ended().await.expect("it ends well");
    }

    /// A prepare job, whose plan is stored first.
    pub async fn spec(&self, key: &str) -> proto::JobSpec {
        let plan = Plan::Prepare(PreparePlan { steps: vec![], archive: String::new(), overlay_from: String::new() });
        let plan = serde_json::to_vec(&plan).expect("plain data");
        let plan = self.peers.artifacts().put_bytes("plan.json", plan, "run/r1").await.expect("stored");
        let limits =
            proto::Limits { wall_s: 60.0, cpu_s: 60.0, memory_bytes: 1 << 30, processes: 9, disk_bytes: 1 << 30, output_bytes: 1 << 20 };
        proto::JobSpec {
            key: key.into(),
            kind: "prepare".into(),
            organisation: "local".into(),
            repository: "r".into(),
            run: "r1".into(),
            toolchain: Some(Toolchain::default()),
            inputs: vec![],
            plan_digest: plan.digest,
            limits: Some(limits),
            network: "none".into(),
            timing: false,
            fence: 1,
        }
    }

    pub async fn begin(&self, spec: proto::JobSpec) -> Result<tonic::Streaming<proto::RunJobResponse>, Status> {
        Ok(self.peers.jobs().run_job(RunJobRequest { spec: Some(spec) }).await?.into_inner())
    }

    /// Runs a job to its end.
    pub async fn run(&self, spec: proto::JobSpec) -> Result<(proto::Job, Vec<Update>), Status> {
        follow(self.begin(spec).await?).await
    }
}

/// Reads a job's stream to its end.
pub async fn follow(mut updates: tonic::Streaming<proto::RunJobResponse>) -> Result<(proto::Job, Vec<Update>), Status> {
    let mut said = Vec::new();
    loop {
        let message = updates.message().await?.expect("a stream ends with its job");
        match message.update.expect("every message says something") {
            Update::Finished(job) => return Ok((job, said)),
            update => said.push(update),
        }
    }
}

/// Reads until the job has begun.
pub async fn begun(updates: &mut tonic::Streaming<proto::RunJobResponse>) {
    let first = updates.message().await.expect("the stream is open").and_then(|message| message.update);
    assert!(matches!(first, Some(Update::Started(_))), "{first:?}");
}
