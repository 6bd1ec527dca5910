//! What can go wrong in the optimization role.

use whetstone_core::port::ModelError;
use whetstone_runtime::{FailureClass, Reported};

/// An error of the optimization role.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the request lacks {0}")]
    Missing(&'static str),
    #[error("{target} is not in the snapshot: {reason}")]
    UnknownTarget { target: String, reason: String },
    #[error("the model can't be used: {0}")]
    Model(#[from] ModelError),
    #[error("the repository's rules can't be read: {0}")]
    Rules(String),
    #[error("{0}")]
    Status(#[from] tonic::Status),
    #[error("the optimization store failed: {0}")]
    Store(#[from] sqlx::Error),
    #[error("{0}")]
    Internal(String),
}

impl Reported for Error {
    fn reason(&self) -> &'static str {
        match self {
            Self::Missing(_) => "FIELD_MISSING",
            Self::UnknownTarget { .. } => "TARGET_UNKNOWN",
            Self::Model(_) => "MODEL_UNUSABLE",
            Self::Rules(_) => "RULES_INVALID",
            Self::Status(_) | Self::Store(_) | Self::Internal(_) => "INTERNAL",
        }
    }

    fn class(&self) -> FailureClass {
        match self {
            Self::Missing(_) | Self::UnknownTarget { .. } | Self::Rules(_) => FailureClass::RefusedInput,
            Self::Model(_) => FailureClass::Environment,
            Self::Status(_) | Self::Store(_) | Self::Internal(_) => FailureClass::Internal,
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Model(_) => "Set the provider's key or leave models out with --rules-only; see docs/models.md.".into(),
            Self::Rules(_) => "Check the files under .whetstone/rules/ with `whet rules test`.".into(),
            _ => String::new(),
        }
    }
}

impl From<whetstone_runtime::Failure> for Error {
    fn from(failure: whetstone_runtime::Failure) -> Self {
        Self::Status(failure.into())
    }
}
