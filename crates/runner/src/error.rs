//! Why a plan could not be carried out.

use std::io;

use whetstone_core::plan::EXIT_OUTPUT_TOO_LARGE;

/// A failure of the runner or of its surroundings, never of the code under test.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
    #[error("the plan cannot be carried out: {0}")]
    Plan(String),
    #[error("{0}")]
    Failed(String),
    #[error("`{command}` printed more than the {limit} bytes that this job may")]
    PrintedTooMuch { command: String, limit: u64 },
}

impl RunnerError {
    /// The runner's exit status: [`EXIT_OUTPUT_TOO_LARGE`] is told apart by the sandbox.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::PrintedTooMuch { .. } => EXIT_OUTPUT_TOO_LARGE,
            Self::Io { .. } | Self::Plan(_) | Self::Failed(_) => 1,
        }
    }

    /// Makes a `map_err` argument that says what was being done.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
