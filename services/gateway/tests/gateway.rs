//! The gateway between clients and fakes of the roles behind it.

mod fakes;

use std::{net::SocketAddr, path::Path};

use fakes::{Artifacts, Repository};
use futures::StreamExt;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status, service::Routes, transport::Channel};
use whetstone_core::Role;
use whetstone_gateway::{Config, Issued, build, issue_token};
use whetstone_proto::{
    common::v1::{Artifact, RunOptions},
    gateway::v1::{
        CancelRunRequest, DownloadArtifactRequest, StartRunRequest, UploadSourceRequest, WatchRunRequest,
        gateway_service_client::GatewayServiceClient,
    },
    jobs::v1::jobs_service_server::JobsServiceServer,
    repository::v1::{
        GivenCandidate, RunKind, Source, StartRunRequest as Start, repository_service_server::RepositoryServiceServer, source::From,
        watch_events_response::Update,
    },
};
use whetstone_runtime::{
    Addresses, Deps, Failure, Peers, RoleService, folder,
    peers::channel,
    serve::{Listen, Serving, serve},
};

type Client = GatewayServiceClient<Channel>;

struct System {
    folder: TempDir,
    repository: Repository,
    owner: Client,
    network: SocketAddr,
    _stop: tokio_util::sync::DropGuard,
}

async fn system() -> System {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("unix:{}", folder::socket_path(folder.path()).display());
    let peers = Peers::new(&Addresses::all(&address)).unwrap();
    let shutdown = CancellationToken::new();
    let deps = Deps { peers: peers.clone(), data: folder.path().to_owned(), shutdown: shutdown.clone() };
    let gateway = build(Config { upload_limit_mb: 1, ..Config::default() }, deps).await.unwrap();
    let public = RoleService { role: Role::Gateway, routes: gateway.routes.clone(), operations: None };
    let repository = Repository::default();
    let roles = vec![
        gateway,
        RoleService { role: Role::Repository, routes: Routes::new(RepositoryServiceServer::new(repository.clone())), operations: None },
        RoleService { role: Role::Jobs, routes: Routes::new(JobsServiceServer::new(Artifacts)), operations: None },
    ];
    let socket = Listen::Unix(folder::socket_path(folder.path()));
    serve(Serving::on(socket), roles, peers.clone(), shutdown.clone()).await.unwrap();
    let any_port = Listen::Tcp(([127, 0, 0, 1], 0).into());
    let network = serve(Serving::on(any_port), vec![public], peers, shutdown.clone()).await.unwrap();
    let owner = Client::new(channel(&address).unwrap());
    System { folder, repository, owner, network: network.address.unwrap(), _stop: shutdown.drop_guard() }
}

impl System {
    fn over_network(&self) -> Client {
        Client::new(channel(&format!("http://{}", self.network)).unwrap())
    }

    async fn token(&self, replace: bool) -> String {
        match issue_token(self.folder.path(), replace).await.unwrap() {
            Issued::New(token) => token,
            Issued::Before => panic!("a token was there"),
        }
    }
}

fn with<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

fn run_of(from: From) -> StartRunRequest {
    let source = Some(Source { from: Some(from), ..Default::default() });
    StartRunRequest { run: Some(Start { kind: RunKind::Optimize.into(), source, request_id: "r".into(), ..Default::default() }) }
}

fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    Failure::from_status(&answer.unwrap_err()).reason
}

fn tree_tar(folder: &Path) -> Vec<u8> {
    let at = folder.join("sent.tar");
    let mut builder = tar::Builder::new(std::fs::File::create(&at).unwrap());
    for (path, data) in [("b.py", "b"), ("a.py", "a")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(77);
        builder.append_data(&mut header, path, data.as_bytes()).unwrap();
    }
    builder.finish().unwrap();
    std::fs::read(at).unwrap()
}

fn upload(kind: &str, data: Vec<u8>) -> impl futures::Stream<Item = UploadSourceRequest> + Send + 'static {
    let first = UploadSourceRequest { kind: kind.into(), name: "sent".into(), chunk: Vec::new() };
    let chunks = data.chunks(100_000).map(|chunk| UploadSourceRequest { chunk: chunk.to_vec(), ..Default::default() }).collect::<Vec<_>>();
    futures::stream::iter(std::iter::once(first).chain(chunks))
}

#[tokio::test]
async fn the_owner_may_name_paths_and_the_network_needs_a_token_and_may_not() {
    let system = system().await;
    let folder = || run_of(From::Folder("/src".into()));
    system.owner.clone().start_run(folder()).await.unwrap();
    assert_eq!(reason(system.over_network().start_run(folder()).await), "TOKEN_MISSING");
    assert_eq!(reason(system.over_network().start_run(with("whet_guess", folder())).await), "TOKEN_WRONG");
    let token = system.token(false).await;
    let refused = system.over_network().start_run(with(&token, folder())).await;
    assert_eq!(refused.as_ref().unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(reason(refused), "PATH_OVER_NETWORK");
    for (from, expected) in [
        (From::Archive("/a.zip".into()), "PATH_OVER_NETWORK"),
        (From::GitUrl("file:///etc".into()), "GIT_URL_REFUSED"),
        (From::GitUrl("https://127.0.0.1/x.git".into()), "GIT_URL_REFUSED"),
        (From::Tree(Artifact { digest: "00".into(), ..Default::default() }), "NOT_UPLOADED"),
    ] {
        assert_eq!(reason(system.over_network().start_run(with(&token, run_of(from))).await), expected);
    }
    assert_eq!(system.repository.started().len(), 1, "nothing refused reached the repository role");
}

#[tokio::test]
async fn a_token_is_made_once_and_a_new_one_ends_it() {
    let system = system().await;
    let first = system.token(false).await;
    assert_eq!(issue_token(system.folder.path(), false).await.unwrap(), Issued::Before);
    let second = system.token(true).await;
    let list = |token: String| async move { system.over_network().list_runs(with(&token, Default::default())).await };
    assert_eq!(reason(list(first).await), "TOKEN_WRONG");
    let system = self::system().await;
    let other = system.token(false).await;
    assert_ne!(second, other);
    let store = std::fs::read(system.folder.path().join("store/gateway.sqlite")).unwrap();
    assert!(!store.windows(other.len()).any(|window| window == other.as_bytes()), "only a digest is kept");
}

#[tokio::test]
async fn an_uploaded_tree_is_made_canonical_and_can_be_run() {
    let system = system().await;
    let token = system.token(false).await;
    let data = tree_tar(system.folder.path());
    let sent = system.over_network().upload_source(with(&token, upload("tree", data.clone()))).await.unwrap();
    let tree = sent.into_inner().artifact.unwrap();
    assert!(tree.is_tree && tree.size > 0);
    let again = system.owner.clone().upload_source(upload("tree", data)).await.unwrap().into_inner().artifact.unwrap();
    assert_eq!(tree.digest, again.digest);
    system.over_network().start_run(with(&token, run_of(From::Tree(tree.clone())))).await.unwrap();
    let started = &system.repository.started()[0];
    assert!(started.request_id.ends_with("/r") && started.request_id.len() > 2, "a stranger's id is its own: {}", started.request_id);
    // A tree that was sent as a source is no bundle.
    let verify = Start { kind: RunKind::Verify.into(), bundle: Some(tree), ..Default::default() };
    let answer = system.owner.clone().start_run(StartRunRequest { run: Some(verify) }).await;
    assert_eq!(reason(answer), "NOT_UPLOADED");
}

#[tokio::test]
async fn an_upload_that_is_too_large_or_no_archive_is_refused_and_leaves_nothing() {
    let system = system().await;
    let mut owner = system.owner.clone();
    assert_eq!(reason(owner.upload_source(upload("bundle", vec![1; (1 << 20) + 1])).await), "UPLOAD_TOO_LARGE");
    assert_eq!(reason(owner.upload_source(upload("archive", vec![b'x'; 2000])).await), "ARCHIVE_UNREADABLE");
    assert_eq!(reason(owner.upload_source(upload("other", vec![])).await), "INVALID_REQUEST");
    let left = std::fs::read_dir(system.folder.path().join("uploads")).unwrap().count();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn requests_out_of_bounds_are_refused_with_their_field() {
    let system = system().await;
    let start = |change: fn(&mut Start)| {
        let mut owner = system.owner.clone();
        let mut request = run_of(From::Folder("/src".into()));
        change(request.run.as_mut().unwrap());
        async move { owner.start_run(request).await.map_err(|status| status.message().to_owned()) }
    };
    for (field, change) in [
        ("kind", (|run| run.kind = 0) as fn(&mut Start)),
        ("source", |run| run.source = None),
        ("source", |run| run.source.as_mut().unwrap().from = Some(From::Folder("relative".into()))),
        ("ref", |run| run.source.as_mut().unwrap().r#ref = "--upload-pack=x".into()),
        ("theta", |run| run.options = Some(RunOptions { theta: f64::NAN, ..Default::default() })),
        ("tolerance", |run| run.options = Some(RunOptions { tolerance: 0.5, ..Default::default() })),
        ("targets", |run| run.options = Some(RunOptions { targets: vec!["no-colon".into()], ..Default::default() })),
        ("commands", |run| run.options = Some(RunOptions { commands: vec!["x".repeat(20_000)], ..Default::default() })),
        ("candidates", |run| run.kind = RunKind::Judge.into()),
        ("targets", |run| {
            run.kind = RunKind::Judge.into();
            run.candidates = vec![GivenCandidate { origin: "c.py".into(), content: "x".into() }];
        }),
    ] {
        let message = start(change).await.unwrap_err();
        assert!(message.starts_with(field), "{field}: {message}");
    }
    assert!(system.repository.started().is_empty());
}

#[tokio::test]
async fn a_watch_goes_on_after_a_break_without_gap_or_repetition() {
    let system = system().await;
    let watch = |after| {
        let mut owner = system.owner.clone();
        async move {
            let updates = owner.watch_run(WatchRunRequest { run: "run".into(), after }).await.unwrap().into_inner();
            let numbers = updates.filter_map(|update| async move {
                match update.unwrap().update.unwrap().update.unwrap() {
                    Update::Event(event) => Some(event.number),
                    Update::Progress(_) => None,
                }
            });
            numbers.collect::<Vec<u64>>().await
        }
    };
    assert_eq!(watch(0).await, [1, 2, 3, 4, 5, 6]);
    assert!(system.repository.breaks() > 0, "the fake's stream did break off");
    assert_eq!(watch(4).await, [5, 6]);
}

#[tokio::test]
async fn only_a_runs_own_artifacts_are_given_out() {
    let system = system().await;
    let mut owner = system.owner.clone();
    let get = DownloadArtifactRequest { run: "run".into(), digest: fakes::OUTPUT.into() };
    let mut chunks = owner.download_artifact(get.clone()).await.unwrap().into_inner();
    assert_eq!(chunks.message().await.unwrap().unwrap().chunk, b"report");
    let other = DownloadArtifactRequest { digest: fakes::SECRET.into(), ..get };
    assert_eq!(reason(owner.download_artifact(other).await.map(|_| ())), "ARTIFACT_NOT_OF_RUN");
    let odd = DownloadArtifactRequest { run: "../x".into(), digest: fakes::OUTPUT.into() };
    assert_eq!(reason(owner.download_artifact(odd).await.map(|_| ())), "INVALID_REQUEST");
}

#[tokio::test]
async fn changes_are_written_down_with_who_and_how_it_went() {
    let system = system().await;
    let token = system.token(false).await;
    system.over_network().cancel_run(with(&token, CancelRunRequest { run: "run".into() })).await.unwrap();
    let mut owner = system.owner.clone();
    owner.start_run(run_of(From::Folder("relative".into()))).await.unwrap_err();
    let folder = system.folder.path().join("store");
    let migrations = whetstone_store::migrations!("../../../migrations/gateway/sqlite", "0001_gateway");
    let store = whetstone_store::Store::open(&folder, Role::Gateway, migrations);
    let store = store.await.unwrap();
    let rows: Vec<(String, String, String, String)> =
        whetstone_store::sqlx::query_as("SELECT caller, action, subject, outcome FROM audit ORDER BY number")
            .fetch_all(store.reader())
            .await
            .unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows[0].0.starts_with("token/") && rows[0].1 == "cancel_run" && rows[0].2 == "run" && rows[0].3 == "done", "{:?}", rows[0]);
    assert!(rows[1].0 == "owner" && rows[1].3.starts_with("refused: source"), "{:?}", rows[1]);
}
