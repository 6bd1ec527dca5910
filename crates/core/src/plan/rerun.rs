//! Deciding on behaviour by re-run: the workloads run with each side, and the target's calls are compared in
//! order (gate 2, for calls that no replay shows faithfully).

use serde::{Deserialize, Serialize};

use super::{
    FileEdit, Start,
    behaviour::{CandidateSide, Conclusion, MinimumEvidence},
};
use crate::{target::TargetSite, verdict::Counterexample};

/// Runs every command twice with the baseline and once with each candidate, under each hash seed, and compares
/// what the target's outermost calls see and leave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RerunPlan {
    pub start: Start,
    /// Shell command lines; each runs in a fresh writable copy of a side's tree.
    pub commands: Vec<String>,
    pub target: TargetSite,
    pub candidates: Vec<CandidateSide>,
    /// Calls of each process that are all taken; of those behind them ever fewer are.
    pub first_calls: u32,
    /// Hash seeds; what the first refuses meets no other.
    pub hash_seeds: Vec<u32>,
    pub minimum: MinimumEvidence,
    /// Relative tolerance for floats; 0 compares bit for bit.
    pub tolerance: f64,
    /// Wall seconds that one run of a command may take.
    pub timeout_s: f64,
    /// Wall seconds after which no further candidate is begun.
    pub limit_s: f64,
}

/// What a re-run plan found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RerunResult {
    pub baseline: RerunEvidence,
    pub candidates: Vec<CandidateRerun>,
    /// Seconds by phase: `baseline`, `compare`.
    pub phases: Vec<(String, f64)>,
}

/// What the baseline repeats.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RerunEvidence {
    /// Calls that count as evidence: the baseline repeats them, and their ends can be seen.
    pub calls: u32,
    pub distinct_outcomes: u32,
    /// `(reason, calls)` of what was taken and is no evidence.
    pub dropped: Vec<(String, u32)>,
}

/// The verdict on one candidate by re-run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CandidateRerun {
    pub id: String,
    pub conclusion: Conclusion,
    pub reason: String,
    pub counterexample: Option<Counterexample>,
    /// Calls whose outcomes were compared, by position; under further seeds they are not counted again.
    pub compared: u32,
    pub seeds: u32,
    /// Branches that the edit adds, alters or removes, and how many the workload reaches.
    pub changed_branches: u32,
    pub changed_branches_reached: u32,
    pub seconds: f64,
}

/// Serves blocks of pairs of whole runs of the workloads until told to finish, as [`super::TimingPlan`] does; what
/// counts is the processor time between entry and exit of the target's outermost calls.
///
/// A block's wall times are those of the whole runs, and its start-up is what they spend outside of the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RerunTimingPlan {
    pub start: Start,
    pub commands: Vec<String>,
    pub target: TargetSite,
    pub series: Vec<RerunSeries>,
    /// Shortest sample in milliseconds of the target's time; a workload that spends less is run several times.
    pub sample_ms: f64,
    /// Most blocks of one series that the runner will give.
    pub max_blocks: u32,
    /// Where there is no time for so many blocks, the plan is refused.
    pub least_blocks: u32,
    /// Wall seconds that one run of a command may take.
    pub timeout_s: f64,
    pub wall_limit_s: f64,
    pub seed: u64,
}

/// One candidate of a re-run timing plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RerunSeries {
    pub name: String,
    /// The candidate's edit; empty compares the baseline with itself.
    pub edits: Vec<FileEdit>,
}
