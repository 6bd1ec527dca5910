//! The generated trait: parse, call the domain, convert.

use std::pin::Pin;

use futures::{Stream, StreamExt, stream};
use tokio::{fs::File, io::AsyncReadExt};
use tonic::{Request, Response, Status, Streaming};
use whetstone_core::record::Control;
use whetstone_proto::{
    common::v1::Artifact,
    jobs::v1::{self as proto, jobs_service_server::JobsService, run_job_response::Update},
};
use whetstone_runtime::Reported;

use crate::{
    error::JobsError,
    jobs::{Asked, Jobs},
    live::{Next, Watcher},
};

/// Bytes of an artifact in one message.
const CHUNK: usize = 1 << 20;

type Updates = Pin<Box<dyn Stream<Item = Result<proto::RunJobResponse, Status>> + Send>>;
type Chunks = Pin<Box<dyn Stream<Item = Result<proto::GetArtifactResponse, Status>> + Send>>;

#[tonic::async_trait]
impl JobsService for Jobs {
    type RunJobStream = Updates;
    type GetArtifactStream = Chunks;

    async fn run_job(&self, request: Request<proto::RunJobRequest>) -> Result<Response<Updates>, Status> {
        let spec = request.into_inner().spec.ok_or_else(|| JobsError::Invalid("a specification is expected".into()).status())?;
        match self.ask(spec).await.map_err(|error| error.status())? {
            Asked::Recorded(job) => Ok(Response::new(stream::once(async { Ok(update(Update::Finished(*job))) }).boxed())),
            Asked::Watching(watcher) => Ok(Response::new(updates(watcher))),
        }
    }

    async fn control_job(&self, request: Request<proto::ControlJobRequest>) -> Result<Response<proto::ControlJobResponse>, Status> {
        let proto::ControlJobRequest { key, continue_series: series } = request.into_inner();
        let control = if series.is_empty() { Control::Finish } else { Control::Continue { series } };
        self.control(&key, control).await.map_err(|error| error.status())?;
        Ok(Response::new(proto::ControlJobResponse {}))
    }

    async fn cancel_jobs(&self, request: Request<proto::CancelJobsRequest>) -> Result<Response<proto::CancelJobsResponse>, Status> {
        let proto::CancelJobsRequest { run, key } = request.into_inner();
        let cancelled = u32::try_from(self.cancel(&run, &key).await).unwrap_or(u32::MAX);
        Ok(Response::new(proto::CancelJobsResponse { cancelled }))
    }

    async fn get_job(&self, request: Request<proto::GetJobRequest>) -> Result<Response<proto::GetJobResponse>, Status> {
        let job = self.find(&request.into_inner().key).await.map_err(|error| error.status())?;
        Ok(Response::new(proto::GetJobResponse { job: Some(job) }))
    }

    async fn list_jobs(&self, request: Request<proto::ListJobsRequest>) -> Result<Response<proto::ListJobsResponse>, Status> {
        let jobs = self.list(&request.into_inner().run).await.map_err(|error| error.status())?;
        Ok(Response::new(proto::ListJobsResponse { jobs }))
    }

    async fn put_artifact(
        &self,
        request: Request<Streaming<proto::PutArtifactRequest>>,
    ) -> Result<Response<proto::PutArtifactResponse>, Status> {
        let mut messages = request.into_inner();
        let first = messages.message().await?.ok_or_else(|| JobsError::Invalid("an artifact is expected".into()).status())?;
        let mut incoming = self.receive().map_err(|error| error.status())?;
        let full = |error| JobsError::io("storing an artifact")(error).status();
        incoming.append(&first.chunk).map_err(full)?;
        // An upload that breaks off is an error here and leaves nothing.
        while let Some(message) = messages.message().await? {
            incoming.append(&message.chunk).map_err(full)?;
        }
        let (digest, size) = self.keep(incoming, &first.holder).await.map_err(|error| error.status())?;
        let artifact = Artifact { digest: digest.into(), name: first.name, size, is_tree: first.is_tree };
        Ok(Response::new(proto::PutArtifactResponse { artifact: Some(artifact) }))
    }

    async fn get_artifact(&self, request: Request<proto::GetArtifactRequest>) -> Result<Response<Chunks>, Status> {
        let path = self.locate(&request.into_inner().digest).map_err(|error| error.status())?;
        let file = File::open(path).await.map_err(|error| JobsError::io("reading an artifact")(error).status())?;
        let chunks = stream::try_unfold(file, |mut file| async move {
            let mut chunk = vec![0u8; CHUNK];
            let read = file.read(&mut chunk).await.map_err(|error| JobsError::io("reading an artifact")(error).status())?;
            chunk.truncate(read);
            Ok((read > 0).then_some((proto::GetArtifactResponse { chunk }, file)))
        });
        Ok(Response::new(chunks.boxed()))
    }

    async fn hold_artifacts(
        &self,
        request: Request<proto::HoldArtifactsRequest>,
    ) -> Result<Response<proto::HoldArtifactsResponse>, Status> {
        let proto::HoldArtifactsRequest { holder, digests } = request.into_inner();
        self.hold(&holder, &digests).await.map_err(|error| error.status())?;
        Ok(Response::new(proto::HoldArtifactsResponse {}))
    }

    async fn release_artifacts(
        &self,
        request: Request<proto::ReleaseArtifactsRequest>,
    ) -> Result<Response<proto::ReleaseArtifactsResponse>, Status> {
        self.release(&request.into_inner().holder).await.map_err(|error| error.status())?;
        Ok(Response::new(proto::ReleaseArtifactsResponse {}))
    }

    async fn collect_garbage(
        &self,
        _request: Request<proto::CollectGarbageRequest>,
    ) -> Result<Response<proto::CollectGarbageResponse>, Status> {
        let (removed, freed_bytes) = Jobs::collect_garbage(self).await.map_err(|error| error.status())?;
        let removed = u32::try_from(removed).unwrap_or(u32::MAX);
        Ok(Response::new(proto::CollectGarbageResponse { removed, freed_bytes }))
    }

    async fn describe_sandbox(
        &self,
        _request: Request<proto::DescribeSandboxRequest>,
    ) -> Result<Response<proto::DescribeSandboxResponse>, Status> {
        let report = self.describe().await;
        let guarantees = report.guarantees.into_iter().map(|(name, holds, how)| proto::Guarantee { name, holds, how }).collect();
        let response = proto::DescribeSandboxResponse { name: report.name, usable: report.usable, guarantees, advice: report.advice };
        Ok(Response::new(response))
    }
}

fn update(update: Update) -> proto::RunJobResponse {
    proto::RunJobResponse { update: Some(update) }
}

fn updates(watcher: Watcher) -> Updates {
    let next = |state: Option<Watcher>| async move {
        let mut watcher = state?;
        match watcher.next().await {
            Next::Update(said) => Some((Ok(update(said)), Some(watcher))),
            Next::Ended(Ok(job)) => Some((Ok(update(Update::Finished(job))), None)),
            Next::Ended(Err(error)) => Some((Err(error.status()), None)),
        }
    };
    stream::unfold(Some(watcher), next).boxed()
}
