//! The analysis role: finds what is slow.
//!
//! Reads the source without running it (functions, loops, calls), has the workloads profiled and
//! observed in jobs, and answers ranked targets with their share of the workload, an upper bound for
//! the gain, and why others were left out. Owns analyses, targets and findings. It must not know
//! how a target is made faster.

mod analyze;
mod config;
mod convert;
mod error;
mod findings;
mod growth;
mod grpc;
mod jobs;
mod lines;
mod observe;
mod profile;
mod ranking;
mod sources;
mod store;

use anyhow::Context;
use whetstone_core::Role;
use whetstone_proto::analysis::v1::analysis_service_server::AnalysisServiceServer;
use whetstone_runtime::{Deps, Operations, RoleService, peers::MESSAGE_LIMIT};

pub use config::Config;

/// Builds the role.
///
/// # Errors
/// If its store can't be opened.
pub async fn build(config: Config, deps: Deps) -> Result<RoleService, anyhow::Error> {
    let store = store::open(&deps.data).await.context("the analysis role's store")?;
    let operations = Operations::open(&store, Role::Analysis).await.context("the analysis role's operations")?;
    let service = grpc::Analysis { config, peers: deps.peers, store, operations: operations.clone() };
    let server = AnalysisServiceServer::new(service).max_decoding_message_size(MESSAGE_LIMIT).max_encoding_message_size(MESSAGE_LIMIT);
    Ok(RoleService { role: Role::Analysis, routes: tonic::service::Routes::new(server), operations: Some(operations) })
}
