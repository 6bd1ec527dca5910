//! Fakes of the roles behind the gateway, as far as its tests ask them.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use futures::{Stream, stream};
use tonic::{Request, Response, Status, Streaming};
use whetstone_core::Digest;
use whetstone_proto::{
    common::v1::{Artifact, StageProgress},
    jobs::v1::{self as jobs, jobs_service_server::JobsService},
    repository::v1::{self as repository, Event, Run, WatchEventsResponse, event::Fact, repository_service_server::RepositoryService},
};

/// Digest of the one output of every run.
pub const OUTPUT: &str = "aa";
/// Digest of an artifact that is no run's.
pub const SECRET: &str = "bb";

type Answer<T> = Result<Response<T>, Status>;
type Flow<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn not_asked<T>() -> Answer<T> {
    Err(Status::unimplemented("the gateway does not ask this"))
}

/// A repository role with one run, whose event stream breaks off half way the first time.
#[derive(Clone, Default)]
pub struct Repository {
    started: Arc<Mutex<Vec<repository::StartRunRequest>>>,
    breaks: Arc<AtomicU32>,
}

impl Repository {
    pub fn started(&self) -> Vec<repository::StartRunRequest> {
        self.started.lock().unwrap().clone()
    }

    pub fn breaks(&self) -> u32 {
        self.breaks.load(Ordering::SeqCst)
    }
}

fn run() -> Option<Run> {
    let output = Artifact { digest: OUTPUT.into(), name: "report.json".into(), ..Default::default() };
    Some(Run { id: "run".into(), outputs: vec![output], ..Default::default() })
}

/// Six events; the third is an interruption, the last the end.
fn event(number: u64) -> Event {
    let ended = |state: &str| Fact::RunFinished(repository::RunFinished { state: state.into(), failure: None });
    let fact = match number {
        3 => ended("interrupted"),
        6 => ended("succeeded"),
        _ => Fact::Note(repository::Note::default()),
    };
    Event { number, fact: Some(fact), ..Default::default() }
}

#[tonic::async_trait]
impl RepositoryService for Repository {
    async fn open_source(&self, _: Request<repository::OpenSourceRequest>) -> Answer<repository::OpenSourceResponse> {
        not_asked()
    }
    async fn start_run(&self, request: Request<repository::StartRunRequest>) -> Answer<repository::StartRunResponse> {
        self.started.lock().unwrap().push(request.into_inner());
        Ok(Response::new(repository::StartRunResponse { run: run() }))
    }
    async fn get_run(&self, _: Request<repository::GetRunRequest>) -> Answer<repository::GetRunResponse> {
        Ok(Response::new(repository::GetRunResponse { run: run() }))
    }
    async fn list_runs(&self, _: Request<repository::ListRunsRequest>) -> Answer<repository::ListRunsResponse> {
        Ok(Response::new(repository::ListRunsResponse { runs: run().into_iter().collect(), ..Default::default() }))
    }
    async fn cancel_run(&self, _: Request<repository::CancelRunRequest>) -> Answer<repository::CancelRunResponse> {
        Ok(Response::new(repository::CancelRunResponse { run: run() }))
    }
    async fn resume_run(&self, _: Request<repository::ResumeRunRequest>) -> Answer<repository::ResumeRunResponse> {
        not_asked()
    }
    async fn list_events(&self, request: Request<repository::ListEventsRequest>) -> Answer<repository::ListEventsResponse> {
        // Events 1 and 2 are stored; the rest happens while one watches.
        let after = request.into_inner().after;
        let events = (after + 1..=2).map(event).collect();
        Ok(Response::new(repository::ListEventsResponse { events }))
    }
    type WatchEventsStream = Flow<WatchEventsResponse>;
    async fn watch_events(&self, request: Request<repository::WatchEventsRequest>) -> Answer<Self::WatchEventsStream> {
        use repository::watch_events_response::Update;
        // One event is repeated, as at-least-once delivery may.
        let after = request.into_inner().after.saturating_sub(1);
        let progress = WatchEventsResponse { update: Some(Update::Progress(StageProgress::default())) };
        let mut updates = vec![Ok(progress)];
        let breaks_off = self.breaks.fetch_add(1, Ordering::SeqCst) == 0;
        let last = if breaks_off { 4 } else { 6 };
        updates.extend((after + 1..=last).map(|number| Ok(WatchEventsResponse { update: Some(Update::Event(event(number))) })));
        if breaks_off {
            updates.push(Err(Status::unavailable("killed")));
        }
        Ok(Response::new(Box::pin(stream::iter(updates))))
    }
    async fn append_events(&self, _: Request<repository::AppendEventsRequest>) -> Answer<repository::AppendEventsResponse> {
        not_asked()
    }
    async fn report_progress(&self, _: Request<repository::ReportProgressRequest>) -> Answer<repository::ReportProgressResponse> {
        not_asked()
    }
    async fn reserve(&self, _: Request<repository::ReserveRequest>) -> Answer<repository::ReserveResponse> {
        not_asked()
    }
    async fn settle(&self, _: Request<repository::SettleRequest>) -> Answer<repository::SettleResponse> {
        not_asked()
    }
    async fn list_costs(&self, _: Request<repository::ListCostsRequest>) -> Answer<repository::ListCostsResponse> {
        not_asked()
    }
    async fn get_run_document(&self, _: Request<repository::GetRunDocumentRequest>) -> Answer<repository::GetRunDocumentResponse> {
        not_asked()
    }
}

/// The artifact store of a jobs role.
#[derive(Clone, Default)]
pub struct Artifacts;

#[tonic::async_trait]
impl JobsService for Artifacts {
    type RunJobStream = Flow<jobs::RunJobResponse>;
    async fn run_job(&self, _: Request<jobs::RunJobRequest>) -> Answer<Self::RunJobStream> {
        not_asked()
    }
    async fn control_job(&self, _: Request<jobs::ControlJobRequest>) -> Answer<jobs::ControlJobResponse> {
        not_asked()
    }
    async fn cancel_jobs(&self, _: Request<jobs::CancelJobsRequest>) -> Answer<jobs::CancelJobsResponse> {
        not_asked()
    }
    async fn get_job(&self, _: Request<jobs::GetJobRequest>) -> Answer<jobs::GetJobResponse> {
        not_asked()
    }
    async fn list_jobs(&self, _: Request<jobs::ListJobsRequest>) -> Answer<jobs::ListJobsResponse> {
        not_asked()
    }
    async fn put_artifact(&self, request: Request<Streaming<jobs::PutArtifactRequest>>) -> Answer<jobs::PutArtifactResponse> {
        let mut messages = request.into_inner();
        let first = messages.message().await?.unwrap_or_default();
        let mut data = first.chunk.clone();
        while let Some(message) = messages.message().await? {
            data.extend(message.chunk);
        }
        let (digest, size) = (Digest::of(&data).to_string(), data.len() as u64);
        let artifact = Some(Artifact { digest, size, name: first.name, is_tree: first.is_tree });
        Ok(Response::new(jobs::PutArtifactResponse { artifact }))
    }
    type GetArtifactStream = Flow<jobs::GetArtifactResponse>;
    async fn get_artifact(&self, _: Request<jobs::GetArtifactRequest>) -> Answer<Self::GetArtifactStream> {
        Ok(Response::new(Box::pin(stream::iter([Ok(jobs::GetArtifactResponse { chunk: b"report".to_vec() })]))))
    }
    async fn hold_artifacts(&self, _: Request<jobs::HoldArtifactsRequest>) -> Answer<jobs::HoldArtifactsResponse> {
        not_asked()
    }
    async fn release_artifacts(&self, _: Request<jobs::ReleaseArtifactsRequest>) -> Answer<jobs::ReleaseArtifactsResponse> {
        not_asked()
    }
    async fn collect_garbage(&self, _: Request<jobs::CollectGarbageRequest>) -> Answer<jobs::CollectGarbageResponse> {
        not_asked()
    }
    async fn describe_sandbox(&self, _: Request<jobs::DescribeSandboxRequest>) -> Answer<jobs::DescribeSandboxResponse> {
        not_asked()
    }
}
