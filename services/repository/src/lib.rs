//! The repository role: enrollments, snapshots, runs with their events, and the ledger.
//!
//! Owns a run from its source to its report: the [`driver`] asks the other roles stage by stage and
//! stores each answer, so that a run killed at any instant goes on from its last finished step. It
//! must not know how a role does its part, nor any language beyond what preparing a tree needs.

mod config;
mod driver;
mod environments;
mod error;
mod events;
mod grpc;
mod lease;
mod ledger;
mod runs;
mod sources;
mod steps;

use std::sync::Arc;

use anyhow::Context;
use tonic::service::Routes;
use whetstone_bus::Bus;
use whetstone_core::Role;
use whetstone_proto::repository::v1::repository_service_server::RepositoryServiceServer;
use whetstone_runtime::{Deps, RoleService, peers::MESSAGE_LIMIT};
use whetstone_store::{Store, migrations};

pub use config::Config;
use driver::Driver;
use events::EventLog;
use grpc::Service;
pub use runs::OUT_OF_TIME;

/// Opens the role's store, marks runs whose driver is gone as interrupted, and makes its service.
pub async fn build(config: Config, deps: Deps) -> Result<RoleService, anyhow::Error> {
    let migrations = migrations!("../../../migrations/repository/sqlite", "0001_repository");
    let store = Store::open(&deps.data.join("store"), Role::Repository, migrations).await?;
    let events = EventLog::new(store.clone(), Bus::memory());
    runs::interrupt_abandoned(&store, &events).await.context("runs that were interrupted can't be marked")?;
    ledger::set_prices(&store, &config.prices).await.context("prices can't be stored")?;
    let driver = Arc::new(Driver::new(config, store, events, deps));
    let service = RepositoryServiceServer::new(Service::new(driver))
        .max_decoding_message_size(MESSAGE_LIMIT)
        .max_encoding_message_size(MESSAGE_LIMIT);
    Ok(RoleService { role: Role::Repository, routes: Routes::new(service), operations: None })
}
