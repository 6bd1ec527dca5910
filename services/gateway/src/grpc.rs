//! The public service: who asks, is it allowed, pass it on, write it down.

use std::{path::PathBuf, pin::Pin};

use futures::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};
use whetstone_core::Role;
use whetstone_proto::{
    gateway::v1::{
        CancelRunRequest, CancelRunResponse, DescribeSystemRequest, DescribeSystemResponse, DownloadArtifactRequest,
        DownloadArtifactResponse, GetRunRequest, GetRunResponse, ListCostsRequest, ListCostsResponse, ListRulesRequest, ListRulesResponse,
        ListRunsRequest, ListRunsResponse, ResumeRunRequest, ResumeRunResponse, StartRunRequest, StartRunResponse, UploadSourceRequest,
        UploadSourceResponse, WatchRunRequest, gateway_service_server::GatewayService,
    },
    jobs::v1::{DescribeSandboxRequest, GetArtifactRequest},
    optimization::v1 as optimization,
    repository::v1 as repository,
};
use whetstone_runtime::{Peers, Reported};
use whetstone_store::Store;

use crate::{
    access::{self, Caller},
    config::Config,
    error::GatewayError,
    request, store, upload,
    watch::{self, Watching},
};

const DEFAULT_PAGE: i32 = 50;
const LARGEST_PAGE: i32 = 500;

pub(crate) struct Gateway {
    pub config: Config,
    pub peers: Peers,
    pub store: Store,
    /// Where uploads lie while they are read.
    pub uploads: PathBuf,
}

impl Gateway {
    async fn caller<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        access::caller(&self.store, request.extensions(), request.metadata()).await.map_err(|error| error.status())
    }

    /// Writes down a change and how it went, and passes the answer on.
    async fn audited<T>(&self, caller: &Caller, action: &str, subject: &str, answer: Result<T, Status>) -> Result<T, Status> {
        let outcome = answer.as_ref().map_or_else(|status| format!("refused: {}", status.message()), |_| "done".to_owned());
        store::audit(&self.store, caller, action, subject, &outcome).await.map_err(|error| GatewayError::from(error).status())?;
        answer
    }

    async fn start(&self, caller: &Caller, run: repository::StartRunRequest) -> Result<StartRunResponse, Status> {
        let run = request::check(&self.config, &self.store, caller, run).await.map_err(|error| error.status())?;
        let run = self.peers.repository().start_run(run).await?.into_inner().run;
        Ok(StartRunResponse { run })
    }

    async fn upload(&self, caller: &Caller, messages: Streaming<UploadSourceRequest>) -> Result<UploadSourceResponse, Status> {
        let upload = upload::receive(&self.config, &self.peers, &self.uploads, messages).await?;
        let digest = &upload.artifact.digest;
        let remembered = store::add_upload(&self.store, caller, upload.kind, &upload.name, digest).await;
        remembered.map_err(|error| GatewayError::from(error).status())?;
        Ok(UploadSourceResponse { artifact: Some(upload.artifact) })
    }

    async fn run(&self, run: &str) -> Result<repository::Run, Status> {
        let request = repository::GetRunRequest { run: run.to_owned() };
        let run = self.peers.repository().get_run(request).await?.into_inner().run;
        run.ok_or_else(|| Status::internal("the repository role answered without a run"))
    }
}

fn checked(run: String) -> Result<String, Status> {
    let is_id = run.len() <= 64 && !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let problem = || GatewayError::Invalid { field: "run", problem: "a run's id is expected".into() }.status();
    if is_id { Ok(run) } else { Err(problem()) }
}

#[tonic::async_trait]
impl GatewayService for Gateway {
    async fn upload_source(&self, request: Request<Streaming<UploadSourceRequest>>) -> Result<Response<UploadSourceResponse>, Status> {
        let caller = self.caller(&request).await?;
        let answer = self.upload(&caller, request.into_inner()).await;
        let artifact = answer.as_ref().ok().and_then(|answer| answer.artifact.clone());
        let digest = artifact.map(|artifact| artifact.digest).unwrap_or_default();
        self.audited(&caller, "upload_source", &digest, answer).await.map(Response::new)
    }

    async fn start_run(&self, request: Request<StartRunRequest>) -> Result<Response<StartRunResponse>, Status> {
        let caller = self.caller(&request).await?;
        let answer = self.start(&caller, request.into_inner().run.unwrap_or_default()).await;
        let run = answer.as_ref().ok().and_then(|answer| answer.run.as_ref());
        let subject = run.map(|run| run.id.clone()).unwrap_or_default();
        self.audited(&caller, "start_run", &subject, answer).await.map(Response::new)
    }

    async fn get_run(&self, request: Request<GetRunRequest>) -> Result<Response<GetRunResponse>, Status> {
        self.caller(&request).await?;
        let run = self.run(&checked(request.into_inner().run)?).await?;
        Ok(Response::new(GetRunResponse { run: Some(run) }))
    }

    async fn list_runs(&self, request: Request<ListRunsRequest>) -> Result<Response<ListRunsResponse>, Status> {
        self.caller(&request).await?;
        let ListRunsRequest { page_size, page_token } = request.into_inner();
        request::check_text("page_token", &page_token).map_err(|error| error.status())?;
        let page_size = if page_size <= 0 { DEFAULT_PAGE } else { page_size.min(LARGEST_PAGE) };
        let page = self.peers.repository().list_runs(repository::ListRunsRequest { page_size, page_token }).await?.into_inner();
        Ok(Response::new(ListRunsResponse { runs: page.runs, next_page_token: page.next_page_token }))
    }

    async fn cancel_run(&self, request: Request<CancelRunRequest>) -> Result<Response<CancelRunResponse>, Status> {
        let caller = self.caller(&request).await?;
        let run = checked(request.into_inner().run)?;
        let answer = self.peers.repository().cancel_run(repository::CancelRunRequest { run: run.clone() }).await;
        let answer = self.audited(&caller, "cancel_run", &run, answer).await?;
        Ok(Response::new(CancelRunResponse { run: answer.into_inner().run }))
    }

    async fn resume_run(&self, request: Request<ResumeRunRequest>) -> Result<Response<ResumeRunResponse>, Status> {
        let caller = self.caller(&request).await?;
        let run = checked(request.into_inner().run)?;
        let answer = self.peers.repository().resume_run(repository::ResumeRunRequest { run: run.clone() }).await;
        let answer = self.audited(&caller, "resume_run", &run, answer).await?;
        Ok(Response::new(ResumeRunResponse { run: answer.into_inner().run }))
    }

    type WatchRunStream = Watching;

    async fn watch_run(&self, request: Request<WatchRunRequest>) -> Result<Response<Watching>, Status> {
        self.caller(&request).await?;
        let WatchRunRequest { run, after } = request.into_inner();
        let run = self.run(&checked(run)?).await?;
        Ok(Response::new(watch::watch(self.peers.clone(), run.id, after)))
    }

    type DownloadArtifactStream = Pin<Box<dyn Stream<Item = Result<DownloadArtifactResponse, Status>> + Send>>;

    async fn download_artifact(&self, request: Request<DownloadArtifactRequest>) -> Result<Response<Self::DownloadArtifactStream>, Status> {
        self.caller(&request).await?;
        let DownloadArtifactRequest { run, digest } = request.into_inner();
        let run = self.run(&checked(run)?).await?;
        let tree = run.snapshot.as_ref().and_then(|snapshot| snapshot.tree.as_ref());
        if !run.outputs.iter().chain(tree).any(|artifact| artifact.digest == digest) {
            return Err(GatewayError::NotOfRun { run: run.id, digest }.status());
        }
        let chunks = self.peers.jobs().get_artifact(GetArtifactRequest { digest }).await?.into_inner();
        let chunks = chunks.map(|chunk| chunk.map(|chunk| DownloadArtifactResponse { chunk: chunk.chunk }));
        Ok(Response::new(Box::pin(chunks)))
    }

    async fn list_rules(&self, request: Request<ListRulesRequest>) -> Result<Response<ListRulesResponse>, Status> {
        self.caller(&request).await?;
        let request = optimization::ListRulesRequest { language: request.into_inner().language };
        let rules = self.peers.optimization().list_rules(request).await?.into_inner().rules;
        Ok(Response::new(ListRulesResponse { rules }))
    }

    async fn list_costs(&self, request: Request<ListCostsRequest>) -> Result<Response<ListCostsResponse>, Status> {
        self.caller(&request).await?;
        let request = repository::ListCostsRequest { run: checked(request.into_inner().run)? };
        let costs = self.peers.repository().list_costs(request).await?.into_inner().costs;
        Ok(Response::new(ListCostsResponse { costs }))
    }

    async fn describe_system(&self, request: Request<DescribeSystemRequest>) -> Result<Response<DescribeSystemResponse>, Status> {
        self.caller(&request).await?;
        let sandbox = self.peers.jobs().describe_sandbox(DescribeSandboxRequest {}).await?.into_inner();
        let roles = Role::ALL.map(|role| role.name().to_owned()).to_vec();
        Ok(Response::new(DescribeSystemResponse { version: env!("CARGO_PKG_VERSION").into(), roles, sandbox: Some(sandbox) }))
    }
}
