//! A process with the real repository role and fakes of the others, which remember across processes
//! what they were asked to work on.

mod jobs;
mod stages;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

pub use jobs::workload;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio_stream::StreamExt;
use tokio_util::sync::CancellationToken;
use tonic::{Status, service::Routes};
use whetstone_core::{Role, plan::WorkloadResult};
use whetstone_proto::{
    analysis::v1::analysis_service_server::AnalysisServiceServer,
    benchmark::v1::{CompareRequest, benchmark_service_server::BenchmarkServiceServer},
    common::v1::{Artifact, RunOptions},
    jobs::v1::{Job, jobs_service_server::JobsServiceServer},
    optimization::v1::{OptimizeRequest, optimization_service_server::OptimizationServiceServer},
    reporting::v1::{BuildReportRequest, reporting_service_server::ReportingServiceServer},
    repository::v1::{
        Event, GetRunRequest, ResumeRunRequest, Run, RunKind, Source, StartRunRequest, WatchEventsRequest, source::From,
        watch_events_response::Update,
    },
    testgen::v1::testgen_service_server::TestgenServiceServer,
};
use whetstone_repository::Config;
use whetstone_runtime::{
    Addresses, Deps, Operations, Peers, RoleService, folder,
    serve::{Listen, Served, Serving, serve},
};
use whetstone_store::{Store, migrations};

/// What the fakes do and remember; outlives processes.
#[derive(Default)]
pub struct World {
    /// Steps that were worked on, without the run's id, in order.
    pub worked: Mutex<Vec<String>>,
    /// A step that never ends; told once it has begun.
    pub hang: Mutex<Option<String>>,
    pub begun: Notify,
    pub cancelled_jobs: Notify,
    /// Results of the plain workloads; all pass where there is none.
    pub workload: Mutex<Option<WorkloadResult>>,
    /// Candidates by how their comparison ends, `accept` with a log evidence of 5 where not named.
    pub compared: Mutex<BTreeMap<String, (&'static str, f64)>>,
    /// Candidates that the last gates refuse.
    pub unconfirmed: Mutex<BTreeSet<String>>,
    /// Whether optimizations of two targets do not stand together.
    pub clash: Mutex<bool>,
    /// Micro-dollars that analysis costs.
    pub price: Mutex<i64>,
    pub compares: Mutex<Vec<CompareRequest>>,
    pub optimizes: Mutex<Vec<OptimizeRequest>>,
    pub bundle_tree: Mutex<Option<Artifact>>,
    pub report: Mutex<Option<BuildReportRequest>>,
    pub artifacts: Mutex<BTreeMap<String, Vec<u8>>>,
    pub jobs: Mutex<BTreeMap<String, Job>>,
}

impl World {
    /// Notes that a step is worked on, and hangs in it where it is the one that hangs.
    pub async fn work_on(&self, request_id: &str) {
        let step = request_id.split_once('/').map_or(request_id, |(_, step)| step).to_owned();
        self.worked.lock().expect("no panics").push(step.clone());
        let hangs = self.hang.lock().expect("no panics").as_deref() == Some(step.as_str());
        if hangs {
            self.begun.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// How often each step was worked on.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for step in self.worked.lock().expect("no panics").iter() {
            *counts.entry(step.clone()).or_default() += 1;
        }
        counts
    }

    pub fn hang_in(&self, step: Option<&str>) {
        *self.hang.lock().expect("no panics") = step.map(str::to_owned);
    }
}

/// One process on a data folder.
pub struct Process {
    pub peers: Peers,
    pub shutdown: CancellationToken,
    pub served: Served,
}

impl Process {
    pub async fn start(data: &Path, world: &Arc<World>) -> Self {
        let socket = folder::socket_path(data);
        let peers = Peers::new(&Addresses::all(&format!("unix:{}", socket.display()))).expect("valid");
        let shutdown = CancellationToken::new();
        let deps = Deps { peers: peers.clone(), data: data.to_owned(), shutdown: shutdown.clone() };
        let repository = whetstone_repository::build(Config::default(), deps).await.expect("built");
        let mut services = vec![repository];
        for role in [Role::Jobs, Role::Analysis, Role::Testgen, Role::Benchmark, Role::Optimization, Role::Reporting] {
            services.push(fake(role, data, world).await);
        }
        // A step that hangs is not waited for when the process is killed.
        let serving = Serving { grace: Duration::from_millis(1), ..Serving::on(Listen::Unix(socket)) };
        let served = serve(serving, services, peers.clone(), shutdown.clone()).await.expect("listening");
        Self { peers, shutdown, served }
    }

    /// Ends the process at once: nothing of it says a word more.
    pub async fn kill(self) {
        self.shutdown.cancel();
        self.served.ended().await.expect("stopped");
    }

    pub async fn run(&self, request: StartRunRequest) -> Run {
        self.peers.repository().start_run(request).await.expect("started").into_inner().run.expect("a run")
    }

    pub async fn get(&self, run: &str) -> Run {
        let request = GetRunRequest { run: run.to_owned() };
        self.peers.repository().get_run(request).await.expect("known").into_inner().run.expect("a run")
    }

    pub async fn resume(&self, run: &str) {
        self.peers.repository().resume_run(ResumeRunRequest { run: run.to_owned() }).await.expect("resumed");
    }

    /// Watches a run until it rests; answers its events.
    pub async fn watch(&self, run: &str) -> Vec<Event> {
        let request = WatchEventsRequest { run: run.to_owned(), after: 0 };
        let stream = self.peers.repository().watch_events(request).await.expect("watched").into_inner();
        let updates: Vec<_> = stream.map(|update| update.expect("a whole stream")).collect().await;
        let event = |update| match update {
            Some(Update::Event(event)) => Some(event),
            _ => None,
        };
        updates.into_iter().filter_map(|response| event(response.update)).collect()
    }

    /// Starts a run and follows it to where it rests.
    pub async fn finish(&self, request: StartRunRequest) -> Run {
        let run = self.run(request).await;
        self.watch(&run.id).await;
        self.get(&run.id).await
    }
}

async fn fake(role: Role, data: &Path, world: &Arc<World>) -> RoleService {
    let store = Store::open(&data.join("store"), role, migrations!("../../../../../migrations/shared/sqlite")).await.expect("opened");
    let operations = Operations::open(&store, role).await.expect("opened");
    let stages = stages::Stages { world: world.clone(), operations: operations.clone() };
    let routes = match role {
        Role::Analysis => Routes::new(AnalysisServiceServer::new(stages)),
        Role::Testgen => Routes::new(TestgenServiceServer::new(stages)),
        Role::Benchmark => Routes::new(BenchmarkServiceServer::new(stages)),
        Role::Optimization => Routes::new(OptimizationServiceServer::new(stages)),
        Role::Reporting => Routes::new(ReportingServiceServer::new(stages)),
        _ => Routes::new(JobsServiceServer::new(jobs::Jobs { world: world.clone() })),
    };
    RoleService { role, routes, operations: Some(operations) }
}

/// A small repository with a script to run.
pub fn source() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("m.py"), "def hot():\n    return 1\n\n\ndef warm():\n    return 2\n").expect("written");
    folder
}

pub fn request(source: &Path, kind: RunKind) -> StartRunRequest {
    let source = Source { from: Some(From::Folder(source.display().to_string())), r#ref: String::new() };
    StartRunRequest {
        request_id: whetstone_core::id::fresh(),
        kind: kind.into(),
        source: Some(source),
        options: Some(RunOptions { commands: vec!["python m.py".into()], ..RunOptions::default() }),
        seed: 7,
        ..StartRunRequest::default()
    }
}

pub fn unasked<T>() -> Result<T, Status> {
    Err(Status::unimplemented("not asked for by the driver"))
}
