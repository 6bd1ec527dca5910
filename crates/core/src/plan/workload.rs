//! Running a workload: plainly, or with one of the harness's instruments.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FileEdit, Start};
use crate::{job::Resources, target::TargetSite};

/// Runs one command in a fresh side tree, with at most one instrument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkloadPlan {
    pub start: Start,
    /// A shell command line, run by `/bin/sh -c` in the tree with the environment's `bin` first on PATH.
    pub command: String,
    pub instrument: Instrument,
    pub targets: Vec<TargetSite>,
    /// Applied to the tree first; empty for the baseline.
    pub edits: Vec<FileEdit>,
    pub timeout_s: f64,
    pub hash_seed: u32,
    /// Adds a reporter to a pytest run that yields [`WorkloadResult::tests`].
    pub report_tests: bool,
}

/// What is done to a workload while it runs. Each writes its own files to `/job/out/harness/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "instrument", rename_all = "snake_case")]
pub enum Instrument {
    None,
    /// cProfile: `profile-<pid>.json`.
    Profile,
    /// line_profiler on the targets: `lines-<pid>.json`.
    Lines,
    /// tracemalloc: `allocations-<pid>.json`.
    Allocations,
    /// Outcomes by source position in the targets: `outcomes-<pid>.json`.
    Outcomes {
        one_in: u32,
        seed: u64,
    },
    /// Cases of the n-th target: `cases-<n>-<pid>.bin`; `record-<pid>.json` tells counts and drops.
    Record {
        calls_per_target: u32,
        bytes_per_target: u64,
        overhead_limit: f64,
        seed: u64,
        /// Calls of each target that pass in a process before one is looked at; none where it is empty.
        #[serde(default)]
        passing: Vec<u64>,
    },
    /// What the one target's outermost calls see and leave: `rerun-<start>-<pid>.bin` holds them as cases,
    /// `rerun-<start>-<pid>.json` their number and the state that was looked at.
    Rerun {
        /// Calls of a process that are all taken; of those behind them ever fewer are.
        first: u32,
        /// Longer parts of a call are written by their digest.
        bytes_per_part: u64,
        /// The state to look at, as locators (`docs/encoding.md`); `None` for all that the target names.
        locators: Option<Vec<Vec<String>>>,
    },
    /// Processor time between entry and exit of the one target's outermost calls: `stopwatch-<pid>.json`.
    Stopwatch,
    /// Lines and branches of the targets that the workload reaches: `coverage-<pid>.json`.
    Coverage,
}

/// What a workload did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkloadResult {
    /// Exit status; 128 + signal number where a signal ended it; -1 where the time ran out.
    pub exit: i32,
    pub timed_out: bool,
    pub stdout: Captured,
    pub stderr: Captured,
    pub resources: Resources,
    /// One entry a test, where they could be told apart.
    pub tests: Vec<TestResult>,
    /// SHA-256 of each file that the workload made or changed in the tree, by relative path.
    pub files: BTreeMap<String, String>,
}

/// The end of an output stream, and the digest of all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// At most the last 64 KiB.
    pub tail: String,
    pub bytes: u64,
    pub sha256: String,
}

/// The outcome of a test that began and did not end.
pub const UNFINISHED: &str = "unfinished";

/// One test of the repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// The framework's own id, such as `tests/test_tax.py::test_rounding`.
    pub id: String,
    /// `passed`, `failed`, `error`, `skipped`, `xfailed`, `xpassed`; `unfinished` for one that began and did not end.
    pub outcome: String,
    pub seconds: f64,
    /// The first line of the failure.
    pub message: String,
}

/// Runs plain workloads of two sides in turn and compares what they leave (gate 5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramPlan {
    pub start: Start,
    pub commands: Vec<String>,
    pub edits: Vec<FileEdit>,
    /// Most pairs of runs of each command.
    pub pairs: u32,
    /// Pairs after which the plan ends if nothing differed and one pair was so much faster as to settle what
    /// times can say: then no further pair could change the verdict.
    pub least_pairs: u32,
    /// `ln(baseline / candidate)` of all commands' CPU that settles it.
    pub settled_at: f64,
    pub timeout_s: f64,
    pub seed: u64,
}

/// What the paired runs showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramResult {
    pub commands: Vec<ProgramComparison>,
}

/// One command, both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramComparison {
    pub command: String,
    /// What differed beyond what the baseline differs from itself; empty if nothing did.
    pub differences: Vec<String>,
    /// `(baseline, candidate)` CPU seconds of each pair, children included.
    pub cpu_s: Vec<(f64, f64)>,
    pub wall_s: Vec<(f64, f64)>,
    pub peak_memory_bytes: Vec<(u64, u64)>,
}
