//! What this role refuses, and failures of its store.

use tonic::Code;
use whetstone_runtime::{FailureClass, Reported};

/// Why a call to this role was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    #[error("there is no run `{0}`")]
    NoSuchRun(String),
    #[error("{0}")]
    Incomplete(&'static str),
    #[error("run {run} is {state}: only a run that failed, was cancelled, was interrupted or ran out of time can be resumed")]
    NotResumable { run: String, state: String },
    #[error("run {0} is driven by another process now")]
    Fenced(String),
    #[error("what is stored of {0} can't be read")]
    Unreadable(String),
    #[error("the store failed: {0}")]
    Store(#[from] sqlx::Error),
}

impl Reported for RepositoryError {
    fn reason(&self) -> &'static str {
        match self {
            Self::NoSuchRun(_) => "NO_SUCH_RUN",
            Self::Incomplete(_) => "INCOMPLETE_REQUEST",
            Self::NotResumable { .. } => "NOT_RESUMABLE",
            Self::Fenced(_) => "FENCED",
            Self::Unreadable(_) => "STORE_UNREADABLE",
            Self::Store(error) if is_full(error) => "NO_SPACE",
            Self::Store(_) => "STORE_FAILED",
        }
    }

    fn class(&self) -> FailureClass {
        match self {
            Self::NoSuchRun(_) | Self::Incomplete(_) | Self::NotResumable { .. } => FailureClass::RefusedInput,
            Self::Store(error) if is_full(error) => FailureClass::Environment,
            Self::Fenced(_) | Self::Unreadable(_) | Self::Store(_) => FailureClass::Internal,
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NoSuchRun(_) => "List the runs of this data folder with whet runs.".into(),
            Self::NotResumable { run, .. } => format!("Follow it with whet watch {run}, or read it with whet report {run}."),
            Self::Store(error) if is_full(error) => "Free some space, or choose another data folder with --data-dir.".into(),
            _ => String::new(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::NoSuchRun(_) => Code::NotFound,
            Self::Incomplete(_) => Code::InvalidArgument,
            Self::NotResumable { .. } => Code::FailedPrecondition,
            Self::Fenced(_) => Code::Aborted,
            Self::Unreadable(_) => Code::DataLoss,
            Self::Store(error) if is_full(error) => Code::ResourceExhausted,
            Self::Store(_) => Code::Internal,
        }
    }
}

/// SQLITE_FULL: no space is left on the disk.
fn is_full(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
    code.is_some_and(|code| code == "13")
}
