//! The role's gRPC service: parse, call the domain, convert.

use std::sync::Arc;

use tonic::{Request, Response, Status};
use whetstone_proto::{
    common::v1::Verdict,
    google::longrunning::Operation,
    reporting::v1::{
        BuildReportRequest, GetReportRequest, GetReportResponse, OpenBundleRequest, OpenBundleResponse,
        reporting_service_server::ReportingService,
    },
};
use whetstone_runtime::{Operations, Peers, Reported};
use whetstone_store::Store;

use crate::{Config, Error, build::Builder, reports};

/// The generated trait's implementation.
pub struct Service {
    builder: Arc<Builder>,
    store: Store,
    operations: Operations,
}

impl Service {
    /// Puts the role together.
    pub fn new(config: Config, store: Store, peers: Peers, operations: Operations) -> Self {
        let builder = Builder { config, peers, store: store.clone() };
        Self { builder: Arc::new(builder), store, operations }
    }
}

fn status(error: Error) -> Status {
    match error {
        Error::Status(status) => status,
        other => other.status(),
    }
}

#[tonic::async_trait]
impl ReportingService for Service {
    async fn build_report(&self, request: Request<BuildReportRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let context = request.context.clone().ok_or_else(|| status(Error::Missing("context")))?;
        let builder = Arc::clone(&self.builder);
        let work = move |handle| async move { builder.run(request, handle).await.map_err(status) };
        Ok(Response::new(self.operations.start(&context, work).await?))
    }

    async fn get_report(&self, request: Request<GetReportRequest>) -> Result<Response<GetReportResponse>, Status> {
        Ok(Response::new(reports::get(&self.store, &request.into_inner().run).await.map_err(status)?))
    }

    async fn open_bundle(&self, request: Request<OpenBundleRequest>) -> Result<Response<OpenBundleResponse>, Status> {
        let bundle = request.into_inner().bundle.ok_or_else(|| status(Error::Missing("bundle")))?;
        let (evidence, tree) = self.builder.open(&bundle).await.map_err(status)?;
        let accepted = evidence.candidates.into_iter().filter(|candidate| candidate.verdict() == Verdict::Accepted);
        Ok(Response::new(OpenBundleResponse {
            tree: Some(tree),
            options: evidence.context.and_then(|context| context.options),
            candidates: accepted.collect(),
            targets: evidence.analysis.map(|analysis| analysis.targets).unwrap_or_default(),
            cases: evidence.tests.map(|tests| tests.targets).unwrap_or_default(),
            run: evidence.run.map(|run| run.id).unwrap_or_default(),
            interpreter: evidence.prepared.and_then(|prepared| prepared.toolchain).map(|toolchain| toolchain.version).unwrap_or_default(),
        }))
    }
}
