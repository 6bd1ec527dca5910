//! A fake of the jobs role: artifacts in memory, and jobs that answer by their plan.

use std::{pin::Pin, sync::Arc};

use futures::{Stream, stream};
use tonic::{Request, Response, Status, Streaming};
use whetstone_core::{
    Digest,
    job::Resources,
    plan::{
        Plan, PrepareResult, WorkloadResult,
        prepare::StepResult,
        workload::{Captured, TestResult},
    },
};
use whetstone_proto::{common::v1::Artifact, jobs::v1::*};

use super::{World, unasked};

pub struct Jobs {
    pub world: Arc<World>,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Jobs {
    fn put(&self, name: &str, bytes: Vec<u8>, is_tree: bool) -> Artifact {
        let digest = Digest::of(&bytes).to_string();
        let size = bytes.len() as u64;
        self.world.artifacts.lock().expect("no panics").insert(digest.clone(), bytes);
        Artifact { digest, name: name.to_owned(), size, is_tree }
    }

    fn outputs(&self, plan: Plan) -> Vec<Artifact> {
        let result = match plan {
            Plan::Prepare(plan) => {
                let steps = plan.steps.iter().map(|step| StepResult { name: step.name.clone(), exit: 0, tail: String::new() }).collect();
                let environment = "environment.tar".to_owned();
                serde_json::to_vec(&PrepareResult { steps, environment, overlay: String::new(), packages: vec![] })
            }
            Plan::Workload(plan) => {
                let told = self.world.workload.lock().expect("no panics").clone();
                serde_json::to_vec(&without_deselected(told.unwrap_or_else(passing), &plan.command))
            }
            other => panic!("the driver runs no such plan: {other:?}"),
        };
        let result = self.put("result.json", result.expect("serialisable"), false);
        vec![result, self.put("environment.tar", b"environment".to_vec(), false)]
    }
}

/// As pytest answers where tests are deselected: they are not run, and what is left decides.
fn without_deselected(mut told: WorkloadResult, command: &str) -> WorkloadResult {
    if command.contains("--deselect") {
        told.tests.retain(|test| !command.contains(&format!("--deselect {}", test.id)));
        told.exit = i32::from(told.tests.iter().any(|test| test.outcome != "passed"));
    }
    told
}

/// Tests that pytest ran and that passed.
fn passing() -> WorkloadResult {
    let test = TestResult { id: "test_m.py::test_f".into(), outcome: "passed".into(), seconds: 0.1, message: String::new() };
    WorkloadResult { tests: vec![test], ..workload(0) }
}

/// A workload that ended with a status.
pub fn workload(exit: i32) -> WorkloadResult {
    WorkloadResult {
        exit,
        timed_out: false,
        stdout: Captured::default(),
        stderr: Captured { tail: "Traceback\nZeroDivisionError: division by zero\n".into(), ..Captured::default() },
        resources: Resources { wall_s: 2.0, cpu_user_s: 1.5, ..Resources::default() },
        tests: vec![],
        files: Default::default(),
    }
}

#[tonic::async_trait]
impl jobs_service_server::JobsService for Jobs {
    type RunJobStream = Answers<RunJobResponse>;
    type GetArtifactStream = Answers<GetArtifactResponse>;

    async fn run_job(&self, request: Request<RunJobRequest>) -> Result<Response<Self::RunJobStream>, Status> {
        let spec = request.into_inner().spec.unwrap_or_default();
        let known = self.world.jobs.lock().expect("no panics").get(&spec.key).cloned();
        let job = match known {
            Some(job) => Job { recorded: true, ..job },
            None => {
                let cancelled = self.world.cancelled_jobs.notified();
                let state = tokio::select! {
                    () = self.world.work_on(&spec.key) => "succeeded",
                    () = cancelled => "cancelled",
                };
                let bytes = self.world.artifacts.lock().expect("no panics")[&spec.plan_digest].clone();
                let plan = serde_json::from_slice(&bytes).expect("a plan");
                let outputs = if state == "succeeded" { self.outputs(plan) } else { vec![] };
                let job = Job { key: spec.key.clone(), state: state.into(), outputs, ..Job::default() };
                if state == "succeeded" {
                    self.world.jobs.lock().expect("no panics").insert(spec.key, job.clone());
                }
                job
            }
        };
        let finished = RunJobResponse { update: Some(run_job_response::Update::Finished(job)) };
        Ok(Response::new(Box::pin(stream::iter([Ok(finished)]))))
    }

    async fn cancel_jobs(&self, _: Request<CancelJobsRequest>) -> Result<Response<CancelJobsResponse>, Status> {
        self.world.cancelled_jobs.notify_waiters();
        self.world.worked.lock().expect("no panics").push("cancel jobs".into());
        Ok(Response::new(CancelJobsResponse::default()))
    }

    async fn put_artifact(&self, request: Request<Streaming<PutArtifactRequest>>) -> Result<Response<PutArtifactResponse>, Status> {
        let mut messages = request.into_inner();
        let (mut name, mut is_tree, mut bytes) = (String::new(), false, Vec::new());
        while let Some(message) = messages.message().await? {
            if !message.name.is_empty() {
                (name, is_tree) = (message.name, message.is_tree);
            }
            bytes.extend(message.chunk);
        }
        Ok(Response::new(PutArtifactResponse { artifact: Some(self.put(&name, bytes, is_tree)) }))
    }

    async fn get_artifact(&self, request: Request<GetArtifactRequest>) -> Result<Response<Self::GetArtifactStream>, Status> {
        let bytes = self.world.artifacts.lock().expect("no panics").get(&request.into_inner().digest).cloned();
        let chunk = bytes.ok_or_else(|| Status::not_found("no such artifact"))?;
        Ok(Response::new(Box::pin(stream::iter([Ok(GetArtifactResponse { chunk })]))))
    }

    async fn hold_artifacts(&self, request: Request<HoldArtifactsRequest>) -> Result<Response<HoldArtifactsResponse>, Status> {
        let artifacts = self.world.artifacts.lock().expect("no panics");
        let missing = request.into_inner().digests.into_iter().find(|digest| !artifacts.contains_key(digest));
        missing.map_or(Ok(Response::new(HoldArtifactsResponse {})), |digest| Err(Status::not_found(digest)))
    }

    async fn control_job(&self, _: Request<ControlJobRequest>) -> Result<Response<ControlJobResponse>, Status> {
        unasked()
    }
    async fn get_job(&self, _: Request<GetJobRequest>) -> Result<Response<GetJobResponse>, Status> {
        unasked()
    }
    async fn list_jobs(&self, _: Request<ListJobsRequest>) -> Result<Response<ListJobsResponse>, Status> {
        unasked()
    }
    async fn release_artifacts(&self, _: Request<ReleaseArtifactsRequest>) -> Result<Response<ReleaseArtifactsResponse>, Status> {
        unasked()
    }
    async fn collect_garbage(&self, _: Request<CollectGarbageRequest>) -> Result<Response<CollectGarbageResponse>, Status> {
        unasked()
    }
    async fn describe_sandbox(&self, _: Request<DescribeSandboxRequest>) -> Result<Response<DescribeSandboxResponse>, Status> {
        unasked()
    }
}
