//! The role's gRPC service: parse, call the domain, convert.

use std::sync::Arc;

use tonic::{Request, Response, Status};
use whetstone_proto::{
    google::longrunning::Operation,
    testgen::v1::{EmitTestsRequest, GenerateTestsRequest, GetCasesRequest, GetCasesResponse, testgen_service_server::TestgenService},
};
use whetstone_runtime::{Operations, Peers, Reported};
use whetstone_store::Store;

use crate::{Config, Error, cases, generate::Stage};

/// The generated trait's implementation.
pub struct Service {
    stage: Arc<Stage>,
    store: Store,
    operations: Operations,
}

impl Service {
    /// Puts the role together.
    pub fn new(config: Config, store: Store, peers: Peers, operations: Operations) -> Self {
        Self { stage: Arc::new(Stage { config, peers, store: store.clone() }), store, operations }
    }
}

fn status(error: Error) -> Status {
    match error {
        Error::Status(status) => status,
        other => other.status(),
    }
}

#[tonic::async_trait]
impl TestgenService for Service {
    async fn generate_tests(&self, request: Request<GenerateTestsRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let context = request.context.clone().ok_or_else(|| status(Error::Missing("context")))?;
        let stage = Arc::clone(&self.stage);
        let work = move |handle| async move { stage.run(request, handle).await.map_err(status) };
        Ok(Response::new(self.operations.start(&context, work).await?))
    }

    async fn emit_tests(&self, request: Request<EmitTestsRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let context = request.context.clone().ok_or_else(|| status(Error::Missing("context")))?;
        let stage = Arc::clone(&self.stage);
        let work = move |handle| async move { stage.emit(request, handle).await.map_err(status) };
        Ok(Response::new(self.operations.start(&context, work).await?))
    }

    async fn get_cases(&self, request: Request<GetCasesRequest>) -> Result<Response<GetCasesResponse>, Status> {
        let request = request.into_inner();
        let targets = cases::list(&self.store, &request.run, &request.target).await.map_err(status)?;
        Ok(Response::new(GetCasesResponse { targets }))
    }
}
