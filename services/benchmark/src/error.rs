//! What can go wrong in the role.

use tonic::Status;
use whetstone_runtime::{FailureClass, Reported};

/// The role's errors.
#[derive(Debug, thiserror::Error)]
pub enum BenchmarkError {
    #[error("the request lacks `{0}`")]
    Incomplete(&'static str),
    #[error("the cases of {target} can't be read: {source}")]
    Cases { target: String, source: std::io::Error },
    #[error("`{0}` is not a target: package.module:Class.method is expected")]
    Target(String),
    #[error("the store can't be used: {0}")]
    Store(#[from] whetstone_store::sqlx::Error),
    #[error("{0}")]
    Status(#[from] Status),
}

impl Reported for BenchmarkError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Incomplete(_) => "INCOMPLETE_REQUEST",
            Self::Cases { .. } => "CASES_UNREADABLE",
            Self::Target(_) => "UNKNOWN_TARGET",
            Self::Store(_) => "STORE",
            Self::Status(_) => "INTERNAL",
        }
    }

    fn class(&self) -> FailureClass {
        match self {
            Self::Incomplete(_) | Self::Target(_) => FailureClass::RefusedInput,
            Self::Cases { .. } | Self::Store(_) | Self::Status(_) => FailureClass::Internal,
        }
    }
}

impl From<BenchmarkError> for Status {
    fn from(error: BenchmarkError) -> Self {
        match error {
            BenchmarkError::Status(status) => status,
            other => other.status(),
        }
    }
}
