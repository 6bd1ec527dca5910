//! What can go wrong in the testgen role.

use whetstone_runtime::{FailureClass, Reported};

/// An error of the testgen role.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the request lacks {0}")]
    Missing(&'static str),
    #[error("{0}")]
    Target(String),
    #[error("the cases of {target} can't be read: {source}")]
    Cases { target: String, source: std::io::Error },
    #[error("{0}")]
    Status(#[from] tonic::Status),
    #[error("the testgen store failed: {0}")]
    Store(#[from] sqlx::Error),
    #[error("{0}")]
    Internal(String),
}

impl Reported for Error {
    fn reason(&self) -> &'static str {
        match self {
            Self::Missing(_) => "FIELD_MISSING",
            Self::Target(_) => "TARGET_INVALID",
            Self::Cases { .. } | Self::Status(_) | Self::Store(_) | Self::Internal(_) => "INTERNAL",
        }
    }

    fn class(&self) -> FailureClass {
        match self {
            Self::Missing(_) | Self::Target(_) => FailureClass::RefusedInput,
            Self::Cases { .. } | Self::Status(_) | Self::Store(_) | Self::Internal(_) => FailureClass::Internal,
        }
    }

    fn advice(&self) -> String {
        String::new()
    }
}

impl From<whetstone_runtime::Failure> for Error {
    fn from(failure: whetstone_runtime::Failure) -> Self {
        Self::Status(failure.into())
    }
}
