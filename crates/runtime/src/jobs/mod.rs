//! Running jobs: a builder that knows what every job of a stage needs, and the job's outcome.

mod builder;
pub mod convert;
mod finished;

pub use builder::{JobBuilder, JobControl, start_of};
pub use finished::FinishedJob;
