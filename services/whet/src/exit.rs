//! How the process ends; documented in [`crate::cli::EXIT_STATUSES`].

use whetstone_runtime::{Failure, FailureClass};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Nothing was found, or the bundle no longer holds.
    Without,
    RefusedInput,
    Environment,
    Internal,
    /// Cancelled by somebody else.
    Cancelled,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The process's exit status.
    pub fn status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Without => 3,
            Self::RefusedInput => 64,
            Self::Environment => 69,
            Self::Internal => 70,
            Self::Cancelled => 75,
            Self::Interrupted => 130,
        }
    }

    /// The end that a failure leads to.
    pub fn of(failure: &Failure) -> Self {
        match failure.class {
            FailureClass::RefusedInput => Self::RefusedInput,
            FailureClass::Environment => Self::Environment,
            FailureClass::Internal => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::EXIT_STATUSES;

    #[test]
    fn every_status_is_documented_and_distinct() {
        use Exit::*;
        let statuses = [Done, Without, RefusedInput, Environment, Internal, Cancelled, Interrupted].map(Exit::status);
        let documented: Vec<u8> = EXIT_STATUSES.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
        assert_eq!(documented, statuses);
    }
}
