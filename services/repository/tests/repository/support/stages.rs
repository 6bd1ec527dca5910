//! Fakes of the roles that do a run's stages. Two targets, `hot` and `warm`; three candidates each:
//! `fast` and `slow`, which survive, and `wrong`, which is refused.

use std::sync::Arc;

use tonic::{Request, Response, Status};
use whetstone_core::cases::{self, Case};
use whetstone_proto::{
    analysis::v1::{analysis_service_server::AnalysisService, *},
    benchmark::v1::{benchmark_service_server::BenchmarkService, *},
    common::v1::{Artifact, Candidate, Cost, Coverage, Effect, Gate, StageContext, Target, TargetCases, Verdict},
    google::longrunning::Operation,
    optimization::v1::{optimization_service_server::OptimizationService, *},
    reporting::v1::{reporting_service_server::ReportingService, *},
    testgen::v1::{testgen_service_server::TestgenService, *},
};
use whetstone_runtime::Operations;

use super::{World, unasked};

pub struct Stages {
    pub world: Arc<World>,
    pub operations: Operations,
}

impl Stages {
    async fn answer<T>(
        &self,
        context: Option<StageContext>,
        answer: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Response<Operation>, Status>
    where
        T: prost::Name + 'static,
    {
        let context = context.unwrap_or_default();
        let (world, request_id) = (self.world.clone(), context.request_id.clone());
        let work = |_| async move {
            world.work_on(&request_id).await;
            Ok(answer())
        };
        self.operations.start(&context, work).await.map(Response::new)
    }
}

fn target(name: &str) -> Target {
    Target { id: name.into(), name: format!("m:{name}"), file: "m.py".into(), own_share: 0.4, ..Target::default() }
}

fn cost(microusd: i64) -> Vec<Cost> {
    vec![Cost { unit: "compute_s".into(), what: "profile".into(), quantity: 1.0, microusd, stage: "analyze".into() }]
}

pub fn candidate(target: &str, kind: &str) -> Candidate {
    let id = format!("{target}-{kind}");
    Candidate { origin: format!("rule-{id}"), id, target: format!("m:{target}"), ..Candidate::default() }
}

fn ratio(candidate: &str) -> f64 {
    if candidate.ends_with("fast") { 2.0 } else { 1.2 }
}

#[tonic::async_trait]
impl AnalysisService for Stages {
    async fn analyze(&self, request: Request<AnalyzeRequest>) -> Result<Response<Operation>, Status> {
        let AnalyzeRequest { context, targets: named, .. } = request.into_inner();
        let costs = cost(*self.world.price.lock().expect("no panics"));
        let answer = move || {
            let all = [target("hot"), target("warm")];
            let targets = all.into_iter().filter(|target| named.is_empty() || named.contains(&target.name)).collect();
            AnalyzeResponse { targets, functions: 2, costs, ..AnalyzeResponse::default() }
        };
        self.answer(context, answer).await
    }
    async fn get_analysis(&self, _: Request<GetAnalysisRequest>) -> Result<Response<GetAnalysisResponse>, Status> {
        unasked()
    }
    async fn resolve_target(&self, request: Request<ResolveTargetRequest>) -> Result<Response<ResolveTargetResponse>, Status> {
        let name = request.into_inner().name;
        Ok(Response::new(ResolveTargetResponse { target: Some(target(name.rsplit(':').next().unwrap_or_default())) }))
    }
}

#[tonic::async_trait]
impl TestgenService for Stages {
    async fn generate_tests(&self, request: Request<GenerateTestsRequest>) -> Result<Response<Operation>, Status> {
        let GenerateTestsRequest { context, targets, .. } = request.into_inner();
        let mut bytes = Vec::new();
        cases::write(&mut bytes, &[] as &[Case]).expect("written");
        let digest = whetstone_core::Digest::of(&bytes).to_string();
        self.world.artifacts.lock().expect("no panics").insert(digest.clone(), bytes);
        let cases = move |target: Target| TargetCases {
            target: target.id,
            recorded: Some(Artifact { digest: digest.clone(), name: "cases".into(), ..Artifact::default() }),
            recorded_count: 3,
            replay_count: 3,
            coverage: Some(Coverage::default()),
            ..TargetCases::default()
        };
        let answer = move || GenerateTestsResponse { targets: targets.into_iter().map(cases).collect(), ..Default::default() };
        self.answer(context, answer).await
    }
    async fn emit_tests(&self, request: Request<EmitTestsRequest>) -> Result<Response<Operation>, Status> {
        let EmitTestsRequest { context, cases, .. } = request.into_inner();
        self.answer(context, move || EmitTestsResponse { targets: cases, costs: vec![] }).await
    }
    async fn get_cases(&self, _: Request<GetCasesRequest>) -> Result<Response<GetCasesResponse>, Status> {
        unasked()
    }
}

#[tonic::async_trait]
impl BenchmarkService for Stages {
    async fn measure_baseline(&self, request: Request<MeasureBaselineRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let baseline = |target: Target| TargetBaseline { target: target.id, ..TargetBaseline::default() };
        let answer = move || MeasureBaselineResponse { targets: request.targets.into_iter().map(baseline).collect(), costs: vec![] };
        self.answer(request.context, answer).await
    }

    async fn screen(&self, request: Request<ScreenRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let screened = |candidate: Candidate| Screened { ratio: ratio(&candidate.id), candidate: candidate.id, ..Screened::default() };
        let answer = move || ScreenResponse { candidates: request.candidates.into_iter().map(screened).collect(), costs: vec![] };
        self.answer(request.context, answer).await
    }

    async fn compare(&self, request: Request<CompareRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        // Blocks that follow an acceptance bring what is asked for.
        let id = request.candidate.clone().unwrap_or_default().id;
        let goes_on = {
            let mut compares = self.world.compares.lock().expect("no panics");
            compares.push(request.clone());
            let of_it = |compare: &&CompareRequest| compare.candidate.as_ref().is_some_and(|candidate| candidate.id == id);
            compares.iter().filter(of_it).count() > 1
        };
        let (decision, log_e) = self.world.compared.lock().expect("no panics").get(&id).copied().unwrap_or(("accept", 5.0));
        let log_e_accept = if goes_on { log_e.max(request.required_log_e) } else { log_e };
        let effect = Some(Effect { ratio: ratio(&id), low: 1.1, high: 3.0 });
        let (decision, reason) = (decision.to_owned(), format!("{decision} of {id}"));
        let comparison = Comparison { candidate: id, decision, reason, effect, log_e_accept, ..Comparison::default() };
        self.answer(request.context, move || CompareResponse { comparison: Some(comparison), costs: vec![] }).await
    }

    async fn list_comparisons(&self, _: Request<ListComparisonsRequest>) -> Result<Response<ListComparisonsResponse>, Status> {
        unasked()
    }
}

#[tonic::async_trait]
impl OptimizationService for Stages {
    async fn optimize(&self, request: Request<OptimizeRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        self.world.optimizes.lock().expect("no panics").push(request.clone());
        let target = request.target.unwrap_or_default().id;
        let answer = move || {
            if request.round > 0 {
                return OptimizeResponse::default();
            }
            let mut wrong = candidate(&target, "wrong");
            wrong.set_verdict(Verdict::Rejected);
            wrong.set_gate(Gate::Behaviour);
            let candidates = vec![candidate(&target, "slow"), wrong, candidate(&target, "fast")];
            OptimizeResponse { candidates, notes: vec!["no model configured: rules alone".into()], ..OptimizeResponse::default() }
        };
        self.answer(request.context, answer).await
    }

    async fn confirm(&self, request: Request<ConfirmRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let unconfirmed = self.world.unconfirmed.lock().expect("no panics").clone();
        let clash = request.program_only && *self.world.clash.lock().expect("no panics");
        let answer = move || {
            let judged = |mut candidate: Candidate| {
                if clash || unconfirmed.contains(&candidate.id) {
                    candidate.set_verdict(Verdict::Rejected);
                    candidate.set_gate(Gate::Program);
                    candidate.reason = "another output".into();
                }
                candidate
            };
            let candidates = request.candidates.into_iter().map(judged).collect();
            let workload_effect = Some(Effect { ratio: 1.3, low: 1.2, high: 1.4 });
            ConfirmResponse { candidates, workload_effect, ..ConfirmResponse::default() }
        };
        self.answer(request.context, answer).await
    }

    async fn check_proposers(&self, _: Request<CheckProposersRequest>) -> Result<Response<CheckProposersResponse>, Status> {
        Ok(Response::new(CheckProposersResponse {}))
    }
    async fn record_verdicts(&self, _: Request<RecordVerdictsRequest>) -> Result<Response<RecordVerdictsResponse>, Status> {
        Ok(Response::new(RecordVerdictsResponse {}))
    }
    async fn list_model_calls(&self, _: Request<ListModelCallsRequest>) -> Result<Response<ListModelCallsResponse>, Status> {
        Ok(Response::new(ListModelCallsResponse::default()))
    }
    async fn list_candidates(&self, _: Request<ListCandidatesRequest>) -> Result<Response<ListCandidatesResponse>, Status> {
        unasked()
    }
    async fn list_rules(&self, _: Request<ListRulesRequest>) -> Result<Response<ListRulesResponse>, Status> {
        unasked()
    }
}

#[tonic::async_trait]
impl ReportingService for Stages {
    async fn build_report(&self, request: Request<BuildReportRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        *self.world.report.lock().expect("no panics") = Some(request.clone());
        let outputs = vec![Artifact { name: "report.html".into(), ..Artifact::default() }];
        self.answer(request.context, move || BuildReportResponse { outputs, branch: "whetstone/x".into(), ..Default::default() }).await
    }

    async fn open_bundle(&self, _: Request<OpenBundleRequest>) -> Result<Response<OpenBundleResponse>, Status> {
        self.world.work_on("run/bundle").await;
        let tree = self.world.bundle_tree.lock().expect("no panics").clone();
        let of_old_id = |kind| Candidate { target: "old-id".into(), ..candidate("old-id", kind) };
        let mut claimed = of_old_id("fast");
        claimed.set_verdict(Verdict::Accepted);
        claimed.diff = "--- the diff".into();
        let response = OpenBundleResponse {
            tree,
            options: Some(whetstone_proto::common::v1::RunOptions { commands: vec!["python m.py".into()], ..Default::default() }),
            candidates: vec![claimed, of_old_id("slow")],
            targets: vec![Target { id: "old-id".into(), name: "m:hot".into(), ..Target::default() }],
            ..OpenBundleResponse::default()
        };
        Ok(Response::new(response))
    }

    async fn get_report(&self, _: Request<GetReportRequest>) -> Result<Response<GetReportResponse>, Status> {
        unasked()
    }
}
