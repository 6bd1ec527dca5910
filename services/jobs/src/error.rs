//! Everything that the jobs role can refuse or fail at.

use tonic::Code;
use whetstone_core::port::SandboxError;
use whetstone_runtime::{FailureClass, Reported};
use whetstone_store::StaleFence;

/// A failure of the jobs role. What a job itself did is its outcome, not an error.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JobsError {
    #[error("{0}")]
    Invalid(String),
    #[error("there is no job with the key {0}")]
    NoJob(String),
    #[error("there is no artifact {0}")]
    NoArtifact(String),
    #[error("{0}")]
    Stale(String),
    #[error("no sandbox can be made: {reason}")]
    NoSandbox { reason: String, advice: String },
    #[error("{what}: {error}")]
    Io { what: String, error: String, is_full: bool },
    #[error("the jobs' store failed: {0}")]
    Store(String),
    #[error("{0}")]
    Internal(String),
}

impl JobsError {
    /// Makes a `map_err` argument that says what was being done.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| Self::Io { what, is_full: error.kind() == std::io::ErrorKind::StorageFull, error: error.to_string() }
    }
}

impl From<sqlx::Error> for JobsError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<StaleFence> for JobsError {
    fn from(error: StaleFence) -> Self {
        match error {
            StaleFence::Stale { .. } => Self::Stale(error.to_string()),
            StaleFence::Store(error) => error.into(),
        }
    }
}

impl From<SandboxError> for JobsError {
    fn from(error: SandboxError) -> Self {
        match error {
            SandboxError::Unavailable { reason, advice } => Self::NoSandbox { reason, advice },
            SandboxError::Io(error) => Self::io("setting up the job's folder")(error),
            SandboxError::Protocol(problem) => Self::Internal(format!("the runner broke its protocol: {problem}")),
        }
    }
}

impl Reported for JobsError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "INVALID_JOB",
            Self::NoJob(_) => "NO_SUCH_JOB",
            Self::NoArtifact(_) => "NO_SUCH_ARTIFACT",
            Self::Stale(_) => "STALE_FENCE",
            Self::NoSandbox { .. } => "NO_SANDBOX",
            Self::Io { is_full: true, .. } => "DISK_FULL",
            Self::Io { .. } => "STORAGE_FAILED",
            Self::Store(_) => "STORE_FAILED",
            Self::Internal(_) => "INTERNAL",
        }
    }

    fn class(&self) -> FailureClass {
        match self {
            Self::Invalid(_) | Self::NoJob(_) | Self::NoArtifact(_) | Self::Stale(_) => FailureClass::RefusedInput,
            Self::NoSandbox { .. } | Self::Io { .. } => FailureClass::Environment,
            Self::Store(_) | Self::Internal(_) => FailureClass::Internal,
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NoSandbox { advice, .. } => advice.clone(),
            Self::Io { is_full: true, .. } => "Free space on the data folder's disk, or choose another with --data-dir.".into(),
            _ => String::new(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Invalid(_) => Code::InvalidArgument,
            Self::NoJob(_) | Self::NoArtifact(_) => Code::NotFound,
            Self::Stale(_) | Self::NoSandbox { .. } => Code::FailedPrecondition,
            Self::Io { is_full: true, .. } => Code::ResourceExhausted,
            Self::Io { .. } | Self::Store(_) | Self::Internal(_) => Code::Internal,
        }
    }
}
