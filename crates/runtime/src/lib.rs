//! Serving: configuration, telemetry, health, metrics, shutdown, errors and operations.
//!
//! Owns everything that the eight roles do alike: reaching each other ([`Peers`], [`Artifacts`]),
//! long stages ([`operations::Operations`], [`StageHandle`]), running jobs ([`JobBuilder`]), telling
//! what went wrong ([`failure`]), and listening ([`serve`]). It must not know what a role does.

pub mod artifacts;
pub mod config;
pub mod failure;
pub mod folder;
pub mod jobs;
pub mod metrics;
pub mod operations;
pub mod peers;
pub mod serve;
pub mod stage;
pub mod telemetry;

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;
use whetstone_core::Role;

pub use artifacts::Artifacts;
pub use failure::{Failure, FailureClass, Reported};
pub use jobs::{FinishedJob, JobBuilder, JobControl};
pub use operations::Operations;
pub use peers::{Addresses, Peers};
pub use stage::StageHandle;

/// What a role is given when it is built.
#[derive(Clone)]
pub struct Deps {
    pub peers: Peers,
    /// The data folder.
    pub data: PathBuf,
    /// Cancelled when the process is to stop.
    pub shutdown: CancellationToken,
}

/// A role, ready to be served.
pub struct RoleService {
    pub role: Role,
    pub routes: tonic::service::Routes,
    /// The role's long-running operations, where it has any.
    pub operations: Option<Operations>,
}
