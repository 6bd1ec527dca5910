//! The optimization role: proposes candidates by rules and models, and validates them.
//!
//! Owns candidates, model calls and the memory of past optimizations. It executes nothing of a
//! repository itself (behaviour, tests and whole programs run as jobs), and decides nothing about speed,
//! which is the benchmark role's.

mod ask;
mod behaviour;
mod candidates;
mod confirm;
mod error;
mod grpc;
mod memory;
mod optimize;
mod program;
mod project;
mod prompt;
mod propose;
mod rerun;
mod tree;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use whetstone_core::Role;
use whetstone_proto::optimization::v1::optimization_service_server::OptimizationServiceServer;
use whetstone_runtime::{
    Deps, RoleService,
    config::{Problems, Validate},
    operations::Operations,
};
use whetstone_store::Store;

pub use error::Error;

/// Settings of the role.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The model where a run names none; empty takes the one whose key is set.
    pub model: String,
    /// Seconds that one model call may take.
    pub model_timeout_s: f64,
    /// Longest answer in tokens.
    pub model_output_tokens: u32,
    /// Cases that must agree before a candidate's behaviour counts as the same.
    pub minimum_cases: u32,
    /// Distinct outcomes among them.
    pub minimum_distinct_outcomes: u32,
    /// Generated cases for one target.
    pub generated_cases: u32,
    /// Inputs with several changes at once that a final set tries beside them.
    pub drawn_cases: u32,
    /// Seconds for generation guided by the baseline, and by each survivor.
    pub generation_s: f64,
    pub candidate_generation_s: f64,
    /// Most pairs of whole-program runs; four do where no further one could change the verdict.
    pub program_pairs: u32,
    /// Most seconds that all pairs of one command may take; fewer pairs are run if they would take longer.
    pub program_limit_s: f64,
    /// Calls of one process that are all compared where the workload is re-run; of those behind them ever fewer are.
    pub rerun_calls: u32,
    /// Most seconds of re-running after which no further candidate of a target is begun.
    pub rerun_limit_s: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model: String::new(),
            model_timeout_s: 120.0,
            model_output_tokens: 4096,
            minimum_cases: 10,
            minimum_distinct_outcomes: 2,
            generated_cases: 500,
            drawn_cases: 4000,
            generation_s: 3.0,
            candidate_generation_s: 0.5,
            program_pairs: 6,
            program_limit_s: 120.0,
            rerun_calls: 200,
            rerun_limit_s: 600.0,
        }
    }
}

impl Validate for Config {
    fn validate(&self, problems: &mut Problems) {
        if self.minimum_cases == 0 {
            problems.add("minimum_cases", "must be at least 1: nothing is accepted without evidence");
        }
        for (key, seconds) in [
            ("model_timeout_s", self.model_timeout_s),
            ("generation_s", self.generation_s),
            ("candidate_generation_s", self.candidate_generation_s),
            ("program_limit_s", self.program_limit_s),
            ("rerun_limit_s", self.rerun_limit_s),
        ] {
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
    let migrations = whetstone_store::migrations!("../../../migrations/optimization/sqlite", "0001_candidates");
    let store = Store::open(&deps.data.join("store"), Role::Optimization, migrations).await.context("the optimization store")?;
    let operations = Operations::open(&store, Role::Optimization).await?;
    let service = grpc::Service::new(config, store, deps.peers, operations.clone());
    let mut routes = tonic::service::RoutesBuilder::default();
    routes.add_service(OptimizationServiceServer::new(service).max_decoding_message_size(64 << 20).max_encoding_message_size(64 << 20));
    Ok(RoleService { role: Role::Optimization, routes: routes.routes(), operations: Some(operations) })
}
