//! The benchmark role: measures, and decides on speed.
//!
//! Owns samples, comparisons and baselines. Blocks are taken by timing jobs; each is kept as it is
//! streamed, and after each this role decides whether another is wanted ([`course`]). The statistics
//! are `whetstone_measure`'s. It must not know how a candidate came about or whether it behaves.

mod baseline;
mod classes;
mod compare;
mod config;
mod convert;
mod course;
mod error;
mod grpc;
mod judgement;
mod rerun;
mod screen;
mod store;
mod timing;

use anyhow::Context;
use whetstone_core::Role;
use whetstone_proto::benchmark::v1::benchmark_service_server::BenchmarkServiceServer;
use whetstone_runtime::{Deps, Operations, RoleService, peers::MESSAGE_LIMIT};

pub use config::Config;

/// Builds the role.
///
/// # Errors
/// If its store can't be opened.
pub async fn build(config: Config, deps: Deps) -> Result<RoleService, anyhow::Error> {
    let store = store::open(&deps.data.join("store")).await.context("the benchmark role's store")?;
    let operations = Operations::open(&store, Role::Benchmark).await.context("the benchmark role's operations")?;
    let service = grpc::Benchmark { config, peers: deps.peers, store, operations: operations.clone() };
    let server = BenchmarkServiceServer::new(service).max_decoding_message_size(MESSAGE_LIMIT).max_encoding_message_size(MESSAGE_LIMIT);
    Ok(RoleService { role: Role::Benchmark, routes: tonic::service::Routes::new(server), operations: Some(operations) })
}
