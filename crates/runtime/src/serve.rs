//! Serving roles: one listener for gRPC with health and reflection, one for probes and metrics.

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::get};
use tokio::{
    net::{TcpListener, UnixListener},
    task::JoinHandle,
};
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tokio_util::sync::CancellationToken;
use tonic::{service::Routes, transport::Server};
use tonic_health::{ServingStatus, server::HealthReporter};
use whetstone_core::Role;
use whetstone_proto::google::longrunning::operations_server::OperationsServer;

use crate::{
    Peers, RoleService, folder,
    metrics::Metrics,
    operations::{Operations, OperationsService},
    peers::MESSAGE_LIMIT,
};

/// Where to listen for gRPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// A Unix socket with mode 0600; one that a dead process left is replaced.
    Unix(PathBuf),
    Tcp(SocketAddr),
}

/// How to serve.
#[derive(Clone, Debug)]
pub struct Serving {
    pub listen: Listen,
    /// Where `/livez`, `/readyz` and `/metrics` are answered, if anywhere.
    pub probes: Option<SocketAddr>,
    /// How long calls may go on after the shutdown was asked for.
    pub grace: Duration,
}

impl Serving {
    /// Serves on `listen` without probes, with ten seconds of grace.
    pub fn on(listen: Listen) -> Self {
        Self { listen, probes: None, grace: Duration::from_secs(10) }
    }
}

/// Why serving can't begin, or ended badly.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("{address} can't be listened on: {source}")]
    Bind { address: String, source: io::Error },
    #[error("serving broke off: {0}")]
    Serve(#[from] tonic::transport::Error),
    #[error("serving panicked: {0}")]
    Panicked(#[from] tokio::task::JoinError),
}

/// Roles that are being served.
pub struct Served {
    /// The TCP address, where one was listened on; its port is the real one.
    pub address: Option<SocketAddr>,
    /// The probes' address, likewise.
    pub probes: Option<SocketAddr>,
    pub metrics: Metrics,
    shutdown: CancellationToken,
    server: JoinHandle<Result<(), tonic::transport::Error>>,
    grace: Duration,
}

impl Served {
    /// Waits until serving has ended: after `shutdown`, at most the grace time.
    pub async fn ended(mut self) -> Result<(), ServeError> {
        tokio::select! {
            ended = &mut self.server => return Ok(ended??),
            () = self.shutdown.cancelled() => {}
        }
        match tokio::time::timeout(self.grace, &mut self.server).await {
            Ok(ended) => Ok(ended??),
            Err(_) => {
                tracing::warn!(grace_s = self.grace.as_secs_f64(), "calls went on beyond the grace time and were cut");
                self.server.abort();
                Ok(())
            }
        }
    }
}

/// Listens and serves until `shutdown`. When this returns, the socket takes connections.
pub async fn serve(serving: Serving, services: Vec<RoleService>, peers: Peers, shutdown: CancellationToken) -> Result<Served, ServeError> {
    let metrics = Metrics::new();
    let ready = Arc::new(AtomicBool::new(false));
    let probes = match serving.probes {
        Some(address) => Some(serve_probes(address, &metrics, &ready, &shutdown).await?),
        None => None,
    };
    let operations: Vec<Operations> = services.iter().filter_map(|service| service.operations.clone()).collect();
    let roles: Vec<Role> = services.iter().map(|service| service.role).collect();
    let (health, routes) = routes(services, &operations).await;
    let stop = {
        let (shutdown, ready, health) = (shutdown.clone(), ready.clone(), health.clone());
        async move {
            shutdown.cancelled().await;
            ready.store(false, Ordering::SeqCst);
            mark(&health, &roles, ServingStatus::NotServing).await;
        }
    };
    let router = Server::builder().layer(metrics.layer()).initial_connection_window_size(64 << 20).initial_stream_window_size(4 << 20);
    let router = { router }.add_routes(routes);
    let (address, server) = match &serving.listen {
        Listen::Unix(path) => {
            let bound = || -> io::Result<UnixListener> { UnixListener::from_std(folder::bind(path)?) };
            let listener = bound().map_err(|source| ServeError::Bind { address: path.display().to_string(), source })?;
            (None, tokio::spawn(router.serve_with_incoming_shutdown(UnixListenerStream::new(listener), stop)))
        }
        Listen::Tcp(address) => {
            let failed = |source| ServeError::Bind { address: address.to_string(), source };
            let listener = TcpListener::bind(address).await.map_err(failed)?;
            let bound = listener.local_addr().map_err(failed)?;
            (Some(bound), tokio::spawn(router.serve_with_incoming_shutdown(TcpListenerStream::new(listener), stop)))
        }
    };
    for operations in operations {
        tokio::spawn(operations.publisher().clone().run(peers.clone(), shutdown.clone()));
    }
    ready.store(true, Ordering::SeqCst);
    Ok(Served { address, probes, metrics, shutdown, server, grace: serving.grace })
}

async fn routes(services: Vec<RoleService>, operations: &[Operations]) -> (HealthReporter, Routes) {
    let (health, health_service) = tonic_health::server::health_reporter();
    let roles: Vec<Role> = services.iter().map(|service| service.role).collect();
    mark(&health, &roles, ServingStatus::Serving).await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(whetstone_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .expect("the compiled descriptor set is valid");
    let operations = OperationsService::new(operations.iter().cloned());
    let shared = Routes::new(health_service)
        .add_service(reflection)
        .add_service(OperationsServer::new(operations).max_encoding_message_size(MESSAGE_LIMIT));
    // Each role's routes answer an unknown method by themselves; joined, only one such answer may stay.
    let joined = services
        .into_iter()
        .fold(shared.into_axum_router(), |router, service| router.merge(service.routes.into_axum_router().reset_fallback()));
    (health, Routes::from(joined))
}

async fn mark(health: &HealthReporter, roles: &[Role], status: ServingStatus) {
    health.set_service_status("", status).await;
    for role in roles {
        health.set_service_status(role.name(), status).await;
    }
}

async fn serve_probes(
    address: SocketAddr,
    metrics: &Metrics,
    ready: &Arc<AtomicBool>,
    shutdown: &CancellationToken,
) -> Result<SocketAddr, ServeError> {
    let failed = |source| ServeError::Bind { address: address.to_string(), source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let (metrics, ready) = (metrics.clone(), ready.clone());
    let readiness = move || {
        let status = if ready.load(Ordering::SeqCst) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        async move { status }
    };
    let router = Router::new()
        .route("/livez", get(|| async { StatusCode::OK }))
        .route("/readyz", get(readiness))
        .route("/metrics", get(move || async move { metrics.text() }));
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        let stopped = async move { shutdown.cancelled().await };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "probes are not answered any more");
        }
    });
    Ok(bound)
}
