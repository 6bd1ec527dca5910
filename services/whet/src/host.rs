//! All roles in this process, on the data folder's Unix socket.

use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;
use whetstone_runtime::{
    Addresses, Deps, Failure, Peers, RoleService,
    folder::DataFolder,
    serve::{Listen, Served, Serving, serve},
};

use crate::{problem, settings::Settings};

/// The roles while they are served. The data folder's lock goes with it.
pub struct Host {
    shutdown: CancellationToken,
    served: Vec<Served>,
    _folder: DataFolder,
}

impl Host {
    /// Starts every role, and the gateway on `network` too where one is given.
    ///
    /// # Errors
    /// If a role can't be built, or an address can't be listened on.
    pub async fn start(settings: &Settings, folder: DataFolder, network: Option<SocketAddr>) -> Result<Self, Failure> {
        let socket = folder.socket();
        let peers = Peers::new(&Addresses::all(&format!("unix:{}", socket.display()))).map_err(problem::of_start)?;
        let shutdown = CancellationToken::new();
        let deps = Deps { peers: peers.clone(), data: folder.path().to_owned(), shutdown: shutdown.clone() };
        let services = build(settings, &deps).await.map_err(|error| problem::of_start(format!("{error:#}")))?;
        let public: Vec<RoleService> = services.iter().filter(|service| service.role == whetstone_core::Role::Gateway).map(copy).collect();
        let mut served =
            vec![serve(Serving::on(Listen::Unix(socket)), services, peers.clone(), shutdown.clone()).await.map_err(problem::of_start)?];
        if let Some(address) = network {
            served.push(serve(Serving::on(Listen::Tcp(address)), public, peers, shutdown.clone()).await.map_err(problem::of_start)?);
        }
        Ok(Self { shutdown, served, _folder: folder })
    }

    /// The network address that is listened on, with its real port.
    pub fn network(&self) -> Option<SocketAddr> {
        self.served.iter().find_map(|served| served.address)
    }

    /// Stops every role: no new calls, a grace time for those that go on, then the end.
    pub async fn stop(self) {
        self.shutdown.cancel();
        for served in self.served.into_iter().rev() {
            if let Err(error) = served.ended().await {
                tracing::warn!(%error, "a listener did not end in order");
            }
        }
    }
}

/// The gateway's routes once more, for the network.
fn copy(service: &RoleService) -> RoleService {
    RoleService { role: service.role, routes: service.routes.clone(), operations: None }
}

/// Builds the roles in start order.
async fn build(settings: &Settings, deps: &Deps) -> Result<Vec<RoleService>, anyhow::Error> {
    let jobs = whetstone_jobs::Config { sandbox: settings.sandbox.clone(), registries: settings.registries.clone() };
    Ok(vec![
        whetstone_jobs::build(jobs, deps.clone()).await?,
        whetstone_repository::build(settings.repository.clone(), deps.clone()).await?,
        whetstone_analysis::build(settings.analysis.clone(), deps.clone()).await?,
        whetstone_testgen::build(settings.testgen.clone(), deps.clone()).await?,
        whetstone_benchmark::build(settings.benchmark.clone(), deps.clone()).await?,
        whetstone_optimization::build(settings.optimization.clone(), deps.clone()).await?,
        whetstone_reporting::build(settings.reporting.clone(), deps.clone()).await?,
        whetstone_gateway::build(settings.gateway.clone(), deps.clone()).await?,
    ])
}
