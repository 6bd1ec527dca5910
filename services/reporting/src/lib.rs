//! The reporting role: writes the evidence down for people, programs and verification.
//!
//! Owns reports, branches and bundles. It decides nothing: every verdict, effect and reason comes with
//! the request, and what is not in the request is not in the report.

mod build;
mod bundle;
mod changes;
mod charts;
mod document;
mod error;
#[cfg(test)]
mod fixture;
mod grpc;
mod html;
mod markdown;
mod reports;
mod text;
mod view;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use whetstone_core::Role;
use whetstone_proto::reporting::v1::reporting_service_server::ReportingServiceServer;
use whetstone_runtime::{Deps, Operations, RoleService};
use whetstone_store::Store;

pub use build::document_of;
pub use error::Error;

const LARGEST_MESSAGE: usize = 64 << 20;

/// Settings of the role.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Branch names start so; the date and the commit follow.
    pub branch_prefix: String,
    /// Largest bundle in bytes that is opened.
    pub largest_bundle: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { branch_prefix: "whetstone/".into(), largest_bundle: 2 << 30 }
    }
}

/// Makes the service.
///
/// # Errors
/// If the store can't be opened or its schema is not known.
pub async fn build(config: Config, deps: Deps) -> anyhow::Result<RoleService> {
    let migrations = whetstone_store::migrations!("../../../migrations/reporting/sqlite", "0001_reports");
    let store = Store::open(&deps.data.join("store"), Role::Reporting, migrations).await.context("the reporting store")?;
    let operations = Operations::open(&store, Role::Reporting).await?;
    let service = grpc::Service::new(config, store, deps.peers, operations.clone());
    let server = ReportingServiceServer::new(service).max_decoding_message_size(LARGEST_MESSAGE).max_encoding_message_size(LARGEST_MESSAGE);
    let mut routes = tonic::service::RoutesBuilder::default();
    routes.add_service(server);
    Ok(RoleService { role: Role::Reporting, routes: routes.routes(), operations: Some(operations) })
}
