//! Where untrusted code runs.

use std::path::PathBuf;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    job::{JobOutcome, JobSpec},
    record::{Control, Record},
};

/// The channels of a job while it runs.
pub struct RunningJob {
    /// Receives the runner's records; the sandbox drops records only when the receiver is gone.
    pub records: mpsc::Sender<Record>,
    /// Yields controls for the runner's standard input.
    pub controls: mpsc::Receiver<Control>,
    /// Kills the job, all of its processes included.
    pub cancel: CancellationToken,
}

/// What a job needs on this machine, already materialised by the jobs role.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// `(host path, path in the job)`, each mounted read-only.
    pub inputs: Vec<(PathBuf, PathBuf)>,
    /// Host folder that becomes `/job/out`.
    pub output: PathBuf,
    /// Host path of the registries proxy's Unix socket; only for `Network::Registries`.
    pub proxy: Option<PathBuf>,
}

/// Runs jobs. Implemented by bubblewrap, by no isolation at all (only when asked for by name),
/// and by the scripted sandbox of the tests.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// Runs one job to its end and removes everything of it but `prepared.output`.
    ///
    /// # Errors
    /// Only where the job could not be run at all; what the job itself did is its outcome.
    async fn run(&self, spec: &JobSpec, prepared: Prepared, channels: RunningJob) -> Result<JobOutcome, SandboxError>;

    /// Tells what this sandbox isolates here, for `whet doctor` and for reports.
    async fn describe(&self) -> SandboxReport;
}

/// What a sandbox offers on this machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SandboxReport {
    /// `bubblewrap`, `none`, ...
    pub name: String,
    pub usable: bool,
    /// Each guarantee with whether it holds and how, such as `("network", true, "own namespace")`.
    pub guarantees: Vec<(String, bool, String)>,
    /// What to install or to set where it is not usable.
    pub advice: String,
}

/// Why a job could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("no sandbox can be made: {reason}. {advice}")]
    Unavailable { reason: String, advice: String },
    #[error("the job's folder could not be set up: {0}")]
    Io(#[from] std::io::Error),
    #[error("the runner broke its protocol: {0}")]
    Protocol(String),
}
