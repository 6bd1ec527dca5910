//! What can go wrong in the reporting role.

use whetstone_codehost::CodehostError;
use whetstone_runtime::{FailureClass, Reported};

/// An error of the reporting role.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the request lacks {0}")]
    Missing(&'static str),
    #[error("this is no evidence bundle: {0}")]
    NotABundle(String),
    #[error("the bundle was altered: {0}")]
    Altered(String),
    #[error(transparent)]
    Codehost(#[from] CodehostError),
    #[error("{0}")]
    Status(#[from] tonic::Status),
    #[error("the reporting store failed: {0}")]
    Store(#[from] sqlx::Error),
    #[error("the report could not be written: {0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Internal(String),
}

impl Reported for Error {
    fn reason(&self) -> &'static str {
        match self {
            Self::Missing(_) => "FIELD_MISSING",
            Self::NotABundle(_) => "BUNDLE_UNREADABLE",
            Self::Altered(_) => "BUNDLE_ALTERED",
            Self::Codehost(error) => error.reason(),
            Self::Status(_) | Self::Store(_) | Self::Io(_) | Self::Internal(_) => "INTERNAL",
        }
    }

    fn class(&self) -> FailureClass {
        match self {
            Self::Missing(_) | Self::NotABundle(_) | Self::Altered(_) | Self::Codehost(_) => FailureClass::RefusedInput,
            Self::Status(_) | Self::Store(_) | Self::Io(_) | Self::Internal(_) => FailureClass::Internal,
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NotABundle(_) => "Give the evidence.whet that a run left.".into(),
            Self::Altered(_) => "Ask for the bundle again from where it was made.".into(),
            Self::Codehost(error) => error.advice(),
            _ => String::new(),
        }
    }
}
