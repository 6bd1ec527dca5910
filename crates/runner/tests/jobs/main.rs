//! Whole jobs: the runner in real bubblewrap. Skipped, visibly, where bubblewrap is missing.

mod support;
mod workload;
