//! Why driving stops before its end.

use tonic::{Code, Status};
use whetstone_runtime::{Failure, Reported};

use crate::error::RepositoryError;

/// Why a step gave no answer.
#[derive(Debug)]
pub enum Halt {
    /// The user asked for it.
    Cancelled,
    /// The process is to stop; the run is found interrupted.
    Shutdown,
    /// Another driver has the run.
    Fenced,
    /// The run's `--max-time` is used up.
    OutOfTime,
    Failed(Box<Failure>),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        if failure.reason == "FENCED" { Self::Fenced } else { Self::Failed(Box::new(failure)) }
    }
}

impl From<Status> for Halt {
    fn from(status: Status) -> Self {
        if status.code() == Code::Cancelled { Self::Cancelled } else { Failure::from(status).into() }
    }
}

impl From<RepositoryError> for Halt {
    fn from(error: RepositoryError) -> Self {
        error.status().into()
    }
}

impl From<sqlx::Error> for Halt {
    fn from(error: sqlx::Error) -> Self {
        RepositoryError::from(error).into()
    }
}
