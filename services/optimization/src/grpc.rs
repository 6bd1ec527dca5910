//! The role's gRPC service: parse, call the domain, convert.

use std::sync::Arc;

use tonic::{Request, Response, Status};
use whetstone_languages::python::rules::{self, RuleSet};
use whetstone_models::Endpoints;
use whetstone_proto::{
    google::longrunning::Operation,
    optimization::v1::{
        CheckProposersRequest, CheckProposersResponse, ConfirmRequest, ListCandidatesRequest, ListCandidatesResponse,
        ListModelCallsRequest, ListModelCallsResponse, ListRulesRequest, ListRulesResponse, OptimizeRequest, RecordVerdictsRequest,
        RecordVerdictsResponse, Rule, optimization_service_server::OptimizationService,
    },
};
use whetstone_runtime::{Operations, Peers, Reported};
use whetstone_store::Store;

use crate::{Config, Error, ask, candidates, confirm::Confirmation, memory, optimize::Search};

/// The generated trait's implementation.
pub struct Service {
    search: Arc<Search>,
    confirmation: Arc<Confirmation>,
    store: Store,
    operations: Operations,
}

impl Service {
    /// Puts the role together.
    pub fn new(config: Config, store: Store, peers: Peers, operations: Operations) -> Self {
        let mut endpoints = Endpoints::from_environment(|name| std::env::var(name).ok());
        endpoints.limit = Some(std::time::Duration::from_secs_f64(config.model_timeout_s));
        let search = Search { config: config.clone(), peers: peers.clone(), store: store.clone(), endpoints };
        let confirmation = Confirmation { config, peers, store: store.clone() };
        Self { search: Arc::new(search), confirmation: Arc::new(confirmation), store, operations }
    }
}

fn status(error: Error) -> Status {
    match error {
        Error::Status(status) => status,
        other => other.status(),
    }
}

fn missing_context() -> Status {
    status(Error::Missing("context"))
}

#[tonic::async_trait]
impl OptimizationService for Service {
    async fn check_proposers(&self, request: Request<CheckProposersRequest>) -> Result<Response<CheckProposersResponse>, Status> {
        let CheckProposersRequest { context, tree } = request.into_inner();
        let options = context.ok_or_else(missing_context)?.options.unwrap_or_default();
        let tree = tree.ok_or(Error::Missing("tree")).map_err(status)?;
        self.search.check(&options, &tree).await.map_err(status)?;
        Ok(Response::new(CheckProposersResponse {}))
    }

    async fn optimize(&self, request: Request<OptimizeRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let context = request.context.clone().ok_or_else(missing_context)?;
        let search = Arc::clone(&self.search);
        let work = move |handle| async move { search.run(request, handle).await.map_err(status) };
        Ok(Response::new(self.operations.start(&context, work).await?))
    }

    async fn confirm(&self, request: Request<ConfirmRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let context = request.context.clone().ok_or_else(missing_context)?;
        let confirmation = Arc::clone(&self.confirmation);
        let work = move |handle| async move { confirmation.run(request, handle).await.map_err(status) };
        Ok(Response::new(self.operations.start(&context, work).await?))
    }

    async fn list_candidates(&self, request: Request<ListCandidatesRequest>) -> Result<Response<ListCandidatesResponse>, Status> {
        let request = request.into_inner();
        let candidates = candidates::list(&self.store, &request.run, &request.target).await.map_err(status)?;
        Ok(Response::new(ListCandidatesResponse { candidates }))
    }

    async fn record_verdicts(&self, request: Request<RecordVerdictsRequest>) -> Result<Response<RecordVerdictsResponse>, Status> {
        let request = request.into_inner();
        let context = request.context.ok_or_else(missing_context)?;
        candidates::save(&self.store, &context.run, 0, &request.candidates).await.map_err(status)?;
        for candidate in &request.candidates {
            memory::remember(&self.store, candidate).await.map_err(status)?;
        }
        Ok(Response::new(RecordVerdictsResponse {}))
    }

    async fn list_rules(&self, request: Request<ListRulesRequest>) -> Result<Response<ListRulesResponse>, Status> {
        let language = request.into_inner().language;
        let set = RuleSet::builtin();
        let wanted = set.rules().filter(|rule| language.is_empty() || rule.language == language);
        let rules = wanted.map(|rule| Rule {
            id: rule.id.clone(),
            language: rule.language.clone(),
            category: rule.category.clone(),
            summary: rule.summary.clone(),
            effect: rule.effect.clone(),
            conditions: rule.conditions(),
            document: rules::section(rule),
        });
        Ok(Response::new(ListRulesResponse { rules: rules.collect() }))
    }

    async fn list_model_calls(&self, request: Request<ListModelCallsRequest>) -> Result<Response<ListModelCallsResponse>, Status> {
        let calls = ask::list(&self.store, &request.into_inner().run).await.map_err(status)?;
        Ok(Response::new(ListModelCallsResponse { calls }))
    }
}
