//! Typed plans for the runner, and the results that it leaves in `/job/out/result.json`.
//!
//! The plan lies at `/job/in/plan.json`. A job sees these paths in every sandbox:
//! the snapshot's tree at [`TREE_INPUT`], the overlay at [`OVERLAY_INPUT`], the environment at
//! [`ENVIRONMENT`], tools at [`TOOLS`], the solver at [`SOLVER`], the harness at [`HARNESS`]. A side's tree (baseline or
//! candidate, the overlay included) appears to its workers and workloads at [`TREE`].

pub mod behaviour;
pub mod prepare;
pub mod rerun;
pub mod timing;
pub mod workload;

use serde::{Deserialize, Serialize};

pub use behaviour::{BehaviourPlan, BehaviourResult};
pub use prepare::{PreparePlan, PrepareResult};
pub use rerun::{RerunPlan, RerunResult, RerunTimingPlan};
pub use timing::{TimingPlan, TimingResult};
pub use workload::{ProgramPlan, ProgramResult, WorkloadPlan, WorkloadResult};

pub const JOB_IN: &str = "/job/in";
pub const JOB_OUT: &str = "/job/out";
pub const PLAN_FILE: &str = "/job/in/plan.json";
pub const RESULT_FILE: &str = "result.json";
/// The snapshot's tree as an input: read-only, no side's.
pub const TREE_INPUT: &str = "/job/in/tree";
/// What building the repository's own package added: extensions, generated files, metadata.
pub const OVERLAY_INPUT: &str = "/job/in/overlay";
/// The cases of a behaviour or timing plan.
pub const CASES_INPUT: &str = "/job/in/cases";
/// The tree of the side under test, as workers and workloads see it.
pub const TREE: &str = "/whet/tree";
pub const ENVIRONMENT: &str = "/whet/env";
pub const TOOLS: &str = "/whet/tools";
/// The solver of the differential search, an environment of its own.
pub const SOLVER: &str = "/whet/solver";
/// What the program that emits tests reads; only its job has this folder.
pub const EMIT: &str = "/whet/emit";
pub const HARNESS: &str = "/whet/harness";
pub const RUNNER: &str = "/whet/runner";
/// The Unix socket of the registries proxy; only in prepare jobs.
pub const PROXY_SOCKET: &str = "/job/in/proxy.sock";
/// The runner's exit status where a command printed more than the job may.
pub const EXIT_OUTPUT_TOO_LARGE: u8 = 3;

/// What the runner is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "plan", rename_all = "snake_case")]
pub enum Plan {
    Prepare(PreparePlan),
    Workload(WorkloadPlan),
    Behaviour(BehaviourPlan),
    Timing(TimingPlan),
    Program(ProgramPlan),
    Rerun(RerunPlan),
    RerunTiming(RerunTimingPlan),
}

/// A new content for one file of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEdit {
    /// Path relative to the tree.
    pub path: String,
    /// The whole new text.
    pub content: String,
}

/// How a side's interpreter is started, alike for every worker and workload of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// `python`, ...
    pub language: String,
    /// The interpreter, in the environment: `/whet/env/bin/python`.
    pub interpreter: String,
    /// Folders relative to the tree that come first on the module path, such as `src` or `.`.
    pub source_roots: Vec<String>,
    /// Extra environment variables from the enrollment.
    pub variables: Vec<(String, String)>,
}
