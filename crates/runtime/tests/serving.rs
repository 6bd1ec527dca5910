//! Roles served on a Unix socket, and reached as other roles reach them.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use tempfile::TempDir;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status, service::Routes};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use whetstone_core::Role;
use whetstone_proto::{
    analysis::v1::GetAnalysisRequest,
    common::v1::{Candidate, Skipped, StageContext},
    google::longrunning::{CancelOperationRequest, GetOperationRequest, ListOperationsRequest},
    testgen::v1::{
        EmitTestsRequest, GenerateTestsRequest, GenerateTestsResponse, GetCasesRequest, GetCasesResponse,
        testgen_service_server::{TestgenService, TestgenServiceServer},
    },
};
use whetstone_runtime::{
    Addresses, Failure, Operations, Peers, RoleService, StageHandle, folder,
    peers::channel,
    serve::{Listen, Served, Serving, serve},
};
use whetstone_store::{Store, migrations};

/// What a stage's work does in a test.
#[derive(Clone)]
enum Work {
    Answer,
    Refuse,
    Panic,
    /// Tells that it has begun and never ends.
    Hang(Arc<Notify>),
}

struct Testgen {
    operations: Operations,
    work: Arc<Mutex<Work>>,
    done: Arc<AtomicU32>,
}

#[tonic::async_trait]
impl TestgenService for Testgen {
    async fn generate_tests(
        &self,
        request: Request<GenerateTestsRequest>,
    ) -> Result<Response<whetstone_proto::google::longrunning::Operation>, Status> {
        let context = request.into_inner().context.unwrap_or_default();
        let (work, done) = (self.work.lock().expect("no panics").clone(), self.done.clone());
        let stage = move |handle: StageHandle| async move {
            done.fetch_add(1, Ordering::SeqCst);
            handle.progress("record", 1, 2, "").await;
            match work {
                Work::Answer => {
                    handle.candidate_decided(Candidate { id: "c".into(), ..Default::default() }).await?;
                    Ok(GenerateTestsResponse { skipped: vec![Skipped::default()], ..Default::default() })
                }
                Work::Refuse => Err(Failure::refused("NO_CASES", "nothing was recorded").advice("widen it").into()),
                Work::Panic => panic!("a bug"),
                Work::Hang(begun) => {
                    begun.notify_one();
                    std::future::pending().await
                }
            }
        };
        self.operations.start(&context, stage).await.map(Response::new)
    }

    async fn emit_tests(&self, _: Request<EmitTestsRequest>) -> Result<Response<whetstone_proto::google::longrunning::Operation>, Status> {
        Err(Status::unimplemented("these tests emit nothing"))
    }

    async fn get_cases(&self, _: Request<GetCasesRequest>) -> Result<Response<GetCasesResponse>, Status> {
        Err(Failure::refused("NO_SUCH_RUN", "no such run").into())
    }
}

struct Process {
    peers: Peers,
    store: Store,
    work: Arc<Mutex<Work>>,
    done: Arc<AtomicU32>,
    shutdown: CancellationToken,
    served: Served,
    address: String,
}

async fn start(folder: &Path) -> Process {
    let store = Store::open(folder, Role::Testgen, migrations!("../../../migrations/shared/sqlite")).await.expect("opened");
    let operations = Operations::open(&store, Role::Testgen).await.expect("opened");
    let (work, done) = (Arc::new(Mutex::new(Work::Answer)), Arc::new(AtomicU32::new(0)));
    let service = Testgen { operations: operations.clone(), work: work.clone(), done: done.clone() };
    let routes = Routes::new(TestgenServiceServer::new(service));
    let socket = folder::socket_path(folder);
    let address = format!("unix:{}", socket.display());
    let peers = Peers::new(&Addresses::all(&address)).expect("valid");
    let shutdown = CancellationToken::new();
    let role = RoleService { role: Role::Testgen, routes, operations: Some(operations) };
    let mut serving = Serving::on(Listen::Unix(socket));
    serving.probes = Some(([127, 0, 0, 1], 0).into());
    let served = serve(serving, vec![role], peers.clone(), shutdown.clone()).await.expect("listening");
    Process { peers, store, work, done, shutdown, served, address }
}

fn request(request_id: &str, fence: u64) -> GenerateTestsRequest {
    let context = StageContext { run: "run".into(), fence, request_id: request_id.into(), ..Default::default() };
    GenerateTestsRequest { context: Some(context), ..Default::default() }
}

async fn ask(process: &Process, request_id: &str, fence: u64) -> Result<GenerateTestsResponse, Status> {
    let operation = process.peers.testgen().generate_tests(request(request_id, fence)).await?.into_inner();
    process.peers.wait(Role::Testgen, operation).await
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[tokio::test]
async fn a_request_id_is_worked_on_once_also_across_processes() {
    let folder = folder();
    let first = start(folder.path()).await;
    assert_eq!(ask(&first, "a", 1).await.expect("done").skipped.len(), 1);
    assert_eq!(ask(&first, "a", 1).await.expect("recorded").skipped.len(), 1);
    assert_eq!(first.done.load(Ordering::SeqCst), 1);
    assert_eq!(first.store.unconfirmed(9).await.expect("readable").len(), 1, "the event waits for the repository role");
    first.shutdown.cancel();
    first.served.ended().await.expect("stopped");

    let second = start(folder.path()).await;
    assert_eq!(ask(&second, "a", 2).await.expect("recorded").skipped.len(), 1);
    assert_eq!(second.done.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn work_found_unfinished_is_done_again_under_the_same_name() {
    let folder = folder();
    let begun = Arc::new(Notify::new());
    let first = start(folder.path()).await;
    *first.work.lock().expect("no panics") = Work::Hang(begun.clone());
    let operation = first.peers.testgen().generate_tests(request("a", 1)).await.expect("started").into_inner();
    begun.notified().await;
    // The first process says nothing more, as one that was killed.

    let second = start(folder.path()).await;
    let again = second.peers.testgen().generate_tests(request("a", 2)).await.expect("started").into_inner();
    assert_eq!(again.name, operation.name);
    assert!(second.peers.wait::<GenerateTestsResponse>(Role::Testgen, again).await.is_ok());
}

#[tokio::test]
async fn an_error_is_the_answer_until_the_run_is_resumed() {
    let folder = folder();
    let process = start(folder.path()).await;
    *process.work.lock().expect("no panics") = Work::Refuse;
    for _ in 0..2 {
        let failure = Failure::from(ask(&process, "a", 1).await.expect_err("refused"));
        assert_eq!((failure.reason.as_str(), failure.advice.as_str()), ("NO_CASES", "widen it"));
    }
    assert_eq!(process.done.load(Ordering::SeqCst), 1);
    *process.work.lock().expect("no panics") = Work::Answer;
    assert!(ask(&process, "a", 2).await.is_ok());
}

#[tokio::test]
async fn a_panic_fails_its_stage_alone() {
    let folder = folder();
    let process = start(folder.path()).await;
    *process.work.lock().expect("no panics") = Work::Panic;
    let status = ask(&process, "a", 1).await.expect_err("panicked");
    assert_eq!(status.code(), Code::Internal);
    assert!(status.message().contains("a bug"));
    *process.work.lock().expect("no panics") = Work::Answer;
    assert!(ask(&process, "b", 1).await.is_ok());
}

#[tokio::test]
async fn a_cancelled_operation_ends_as_cancelled_and_is_done_again_when_asked_again() {
    let folder = folder();
    let process = start(folder.path()).await;
    let begun = Arc::new(Notify::new());
    *process.work.lock().expect("no panics") = Work::Hang(begun.clone());
    let operation = process.peers.testgen().generate_tests(request("a", 1)).await.expect("started").into_inner();
    begun.notified().await;
    let mut operations = process.peers.operations(Role::Testgen);
    let metadata =
        operations.get_operation(GetOperationRequest { name: operation.name.clone() }).await.expect("known").into_inner().metadata;
    assert_eq!(metadata.expect("typed progress").type_url, "type.googleapis.com/whetstone.common.v1.StageProgress");
    operations.cancel_operation(CancelOperationRequest { name: operation.name.clone() }).await.expect("cancelled");
    let status = process.peers.wait::<GenerateTestsResponse>(Role::Testgen, operation).await.expect_err("cancelled");
    assert_eq!(status.code(), Code::Cancelled);
    *process.work.lock().expect("no panics") = Work::Answer;
    assert!(ask(&process, "a", 1).await.is_ok());
}

#[tokio::test]
async fn a_lower_fence_is_refused_by_reason() {
    let folder = folder();
    let process = start(folder.path()).await;
    ask(&process, "a", 2).await.expect("done");
    let failure = Failure::from(ask(&process, "b", 1).await.expect_err("fenced"));
    assert_eq!(failure.reason, "FENCED");
}

#[tokio::test]
async fn operations_are_listed_by_role_and_an_unknown_name_is_not_found() {
    let folder = folder();
    let process = start(folder.path()).await;
    ask(&process, "a", 1).await.expect("done");
    let mut operations = process.peers.operations(Role::Testgen);
    let list = ListOperationsRequest { name: "operations/testgen".into(), ..Default::default() };
    assert_eq!(operations.list_operations(list).await.expect("listed").into_inner().operations.len(), 1);
    for name in ["operations/testgen/none", "operations/nobody/1", "x"] {
        let status = operations.get_operation(GetOperationRequest { name: name.into() }).await.expect_err("unknown");
        assert_eq!(status.code(), Code::NotFound, "{name}");
    }
}

#[tokio::test]
async fn health_metrics_and_unknown_roles_are_answered_and_the_end_is_told() {
    let folder = folder();
    let process = start(folder.path()).await;
    let mut health = HealthClient::new(channel(&process.address).expect("valid"));
    let check = health.check(HealthCheckRequest { service: "testgen".into() }).await.expect("answered").into_inner();
    assert_eq!(check.status(), ServingStatus::Serving);
    process.peers.testgen().get_cases(GetCasesRequest::default()).await.expect_err("refused");
    let status = process.peers.analysis().get_analysis(GetAnalysisRequest::default()).await.expect_err("not served here");
    assert_eq!(status.code(), Code::Unimplemented);
    let metrics = process.served.metrics.text();
    assert!(metrics.contains("method=\"/whetstone.testgen.v1.TestgenService/GetCases\""), "{metrics}");
    assert!(metrics.contains("code=\"InvalidArgument\""), "{metrics}");
    process.shutdown.cancel();
    process.served.ended().await.expect("drained");
}
