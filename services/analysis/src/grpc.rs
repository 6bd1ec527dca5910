//! The generated trait: parse, call, convert.

use tonic::{Request, Response, Status};
use whetstone_languages::python::functions;
use whetstone_proto::{
    analysis::v1::{
        AnalyzeRequest, GetAnalysisRequest, GetAnalysisResponse, ResolveTargetRequest, ResolveTargetResponse,
        analysis_service_server::AnalysisService,
    },
    common::v1::RunOptions,
    google::longrunning::Operation,
};
use whetstone_runtime::{Operations, Peers};
use whetstone_store::Store;

use crate::{analyze::Analyzer, config::Config, convert, error::AnalysisError, sources::Sources, store};

/// The service.
pub struct Analysis {
    pub config: Config,
    pub peers: Peers,
    pub store: Store,
    pub operations: Operations,
}

#[tonic::async_trait]
impl AnalysisService for Analysis {
    async fn analyze(&self, request: Request<AnalyzeRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let context = request.context.clone().ok_or(AnalysisError::Incomplete("context"))?;
        let prepared = request.prepared.clone().ok_or(AnalysisError::Incomplete("prepared"))?;
        let (config, peers, kept) = (self.config.clone(), self.peers.clone(), self.store.clone());
        let started = self.operations.start(&context, |handle| async move {
            let context = handle.context().clone();
            let analyzer = Analyzer { config, peers, context: context.clone(), prepared, handle };
            let response = analyzer.analyze(&request.targets, request.brief).await?;
            store::keep(&kept, &context.run, &context.request_id, &response).await?;
            Ok(response)
        });
        Ok(Response::new(started.await?))
    }

    async fn get_analysis(&self, request: Request<GetAnalysisRequest>) -> Result<Response<GetAnalysisResponse>, Status> {
        let analysis = store::read(&self.store, &request.into_inner().run).await?;
        Ok(Response::new(GetAnalysisResponse { analysis: Some(analysis) }))
    }

    async fn resolve_target(&self, request: Request<ResolveTargetRequest>) -> Result<Response<ResolveTargetResponse>, Status> {
        let ResolveTargetRequest { prepared, name } = request.into_inner();
        let prepared = prepared.ok_or(AnalysisError::Incomplete("prepared"))?;
        let mut sources = Sources::fetch(&self.peers, &prepared, &RunOptions::default()).await?;
        let last = name.rsplit(':').next().unwrap_or(&name).rsplit('.').next().unwrap_or_default().to_owned();
        let mentions: Vec<String> = sources.files_with(&last);
        let parsed = sources.parse(&prepared.source_roots, |file| mentions.iter().any(|known| known == file));
        let function = functions::resolve(&parsed.modules, &name).map_err(AnalysisError::from)?;
        Ok(Response::new(ResolveTargetResponse { target: Some(convert::target(function)) }))
    }
}
