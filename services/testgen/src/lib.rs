//! The testgen role: pins a target's behaviour down before anything is changed.
//!
//! Owns cases, generated tests and coverage. It records real calls of the targets while the workloads
//! run, has the baseline repeat them and generate more, and emits tests in the repository's own
//! framework. Everything of a repository runs in jobs; recorded values are never decoded here.

mod cases;
mod emit;
mod error;
mod establish;
mod generate;
mod grpc;
mod merge;
mod record;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use whetstone_core::Role;
use whetstone_proto::testgen::v1::testgen_service_server::TestgenServiceServer;
use whetstone_runtime::{
    Deps, RoleService,
    config::{Problems, Validate},
    operations::Operations,
};
use whetstone_store::Store;

pub use error::Error;

const MESSAGE_LIMIT: usize = 64 << 20;

/// Settings of the role.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Recorded cases that are kept for one target.
    pub recorded_cases: u32,
    /// Bytes of recorded cases that are kept for one target in one process.
    pub recorded_bytes: u64,
    /// How many times as long a workload may take while it is recorded, where a run says nothing else.
    pub recording_overhead: f64,
    /// Generated cases that are kept for one target.
    pub generated_cases: u32,
    /// Seconds of generation for one target.
    pub generation_s: f64,
    /// Seconds that one replayed call may take.
    pub call_timeout_s: f64,
    /// Calls that one emitted test file shows.
    pub emitted_calls: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            recorded_cases: 200,
            recorded_bytes: 24 << 20,
            recording_overhead: 2.0,
            generated_cases: 320,
            generation_s: 2.5,
            call_timeout_s: 10.0,
            emitted_calls: 24,
        }
    }
}

impl Validate for Config {
    fn validate(&self, problems: &mut Problems) {
        if self.recorded_cases == 0 {
            problems.add("recorded_cases", "must be at least 1");
        }
        if self.recording_overhead.is_nan() || self.recording_overhead < 1.0 {
            problems.add("recording_overhead", "must be at least 1");
        }
        for (key, seconds) in [("generation_s", self.generation_s), ("call_timeout_s", self.call_timeout_s)] {
            if seconds.is_nan() || seconds <= 0.0 {
                problems.add(key, "must be greater than 0");
            }
        }
    }
}

/// Makes the service.
///
/// # Errors
/// If the store can't be opened or its schema is not known.
pub async fn build(config: Config, deps: Deps) -> anyhow::Result<RoleService> {
    let migrations = whetstone_store::migrations!("../../../migrations/testgen/sqlite", "0001_cases");
    let store = Store::open(&deps.data.join("store"), Role::Testgen, migrations).await.context("the testgen store")?;
    let operations = Operations::open(&store, Role::Testgen).await?;
    let service = grpc::Service::new(config, store, deps.peers, operations.clone());
    let server = TestgenServiceServer::new(service).max_decoding_message_size(MESSAGE_LIMIT).max_encoding_message_size(MESSAGE_LIMIT);
    let mut routes = tonic::service::RoutesBuilder::default();
    routes.add_service(server);
    Ok(RoleService { role: Role::Testgen, routes: routes.routes(), operations: Some(operations) })
}
