//! Whole jobs: the runner in real bubblewrap. Skipped, visibly, where bubblewrap is missing.

mod conformance;
mod hostile;
mod killed;
mod prepare;
mod program;
mod rerun;
mod rerun_timing;
mod support;
mod timing;
mod workload;
