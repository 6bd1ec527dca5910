//! Deciding on behaviour: recorded cases, generated ones, seeds and sequences (gate 2).

use serde::{Deserialize, Serialize};

use super::{FileEdit, Start};
use crate::{target::TargetSite, verdict::Counterexample};

/// Replays and generates cases on the baseline and on each candidate, and compares outcomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BehaviourPlan {
    pub start: Start,
    pub target: TargetSite,
    /// Other functions that the edits may touch with it (a group); empty for one function.
    pub group: Vec<TargetSite>,
    pub candidates: Vec<CandidateSide>,
    pub mode: BehaviourMode,
    pub generation: Generation,
    /// Hash seeds; every case is compared under the first, a sample under the others.
    pub hash_seeds: Vec<u32>,
    pub minimum: MinimumEvidence,
    /// Relative tolerance for floats; 0 compares bit for bit.
    pub tolerance: f64,
    /// Wall seconds that one call may take; a candidate is also held to ten times the baseline's.
    pub call_timeout_s: f64,
    /// Decides the cases' order, the challenges and everything drawn.
    pub seed: u64,
}

/// What cases a behaviour plan uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BehaviourMode {
    /// No candidate: keep what the baseline repeats, generate, and write `cases.bin` and coverage.
    Establish,
    /// Judge the candidates on recorded and generated cases.
    Judge,
    /// Judge on a fresh final set that serves no feedback.
    Final,
}

/// One candidate's whole edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateSide {
    pub id: String,
    pub edits: Vec<FileEdit>,
}

/// Bounds for generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Most generated cases that are kept; 0 generates none.
    pub cases: u32,
    /// Processor seconds for the baseline's generation; about twice as many by the wall clock.
    pub seconds: f64,
    /// Processor seconds for each surviving candidate's.
    pub candidate_seconds: f64,
    /// Processor seconds for the differential search of each candidate that meets a final set; 0 for none.
    #[serde(default)]
    pub solver_seconds: f64,
    /// Inputs with several changes at once that are drawn for a final set; 0 for none.
    #[serde(default)]
    pub draws: u32,
}

/// Less than this is `not_enough_evidence`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MinimumEvidence {
    /// Cases that were compared and whose outcome is not opaque.
    pub cases: u32,
    /// Distinct outcomes among them.
    pub distinct_outcomes: u32,
    /// Whether each branch that an edit adds, alters or removes must be reached.
    pub changed_branches: bool,
}

/// What a behaviour plan found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BehaviourResult {
    pub baseline: BaselineEvidence,
    pub candidates: Vec<CandidateBehaviour>,
    /// Name of the file of generated cases in `/job/out`; empty if none.
    pub generated: String,
    /// Seconds by phase: `generate`, `replay`, `cover`, `compare`; and `start`, which is part of these and the sum
    /// over all that is done side by side.
    pub phases: Vec<(String, f64)>,
}

/// How well the baseline is pinned down.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BaselineEvidence {
    pub recorded: u32,
    pub replayed: u32,
    /// Recorded cases that no replay can judge.
    pub rerun: u32,
    pub generated: u32,
    /// `(source, cases)` of the generated ones.
    #[serde(default)]
    pub sources: Vec<(String, u32)>,
    /// `(reason, count)` of what was dropped: not deterministic, opaque, ...
    pub dropped: Vec<(String, u32)>,
    pub lines_total: u32,
    pub lines_reached: u32,
    pub branches_total: u32,
    pub branches_reached: u32,
    /// `line -> line` of branches that no case reaches.
    pub unreached: Vec<String>,
    /// One call of each generated case that the emitted tests may use, as `(input, outcome)`
    /// expressions of the language.
    pub examples: Vec<(String, String)>,
}

/// The verdict on one candidate's behaviour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CandidateBehaviour {
    pub id: String,
    pub conclusion: Conclusion,
    pub reason: String,
    pub counterexample: Option<Counterexample>,
    pub recorded_compared: u32,
    pub generated_compared: u32,
    pub sequences_compared: u32,
    pub seeds: u32,
    /// Branches that the edit adds, alters or removes, and how many were reached.
    pub changed_branches: u32,
    pub changed_branches_reached: u32,
    /// A memo that outlives a call, described; empty if none was seen.
    pub memo: String,
    /// `(source, cases)` of the generated cases that were compared: `relatives`, `hypothesis`, ...
    #[serde(default)]
    pub sources: Vec<(String, u32)>,
    /// What the differential search did; `None` where none was asked for.
    #[serde(default)]
    pub solver: Option<SolverReport>,
    pub seconds: f64,
}

/// What the differential search between the baseline and a candidate did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SolverReport {
    pub outcome: SolverOutcome,
    /// For people: why it did not run, or how far it came.
    pub detail: String,
    /// Inputs of the search that the gate compared.
    pub inputs: u32,
    pub seconds: f64,
}

/// How a differential search ended. Only what the gate itself reproduces decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SolverOutcome {
    /// It could not run.
    NotRun,
    /// It found nothing in its time, or on all paths.
    NothingFound,
    /// It claimed differences, none of which the gate reproduced.
    NotReproduced,
    /// It found a difference that the gate reproduced.
    Reproduced,
}

impl SolverOutcome {
    /// The outcome's name in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotRun => "not_run",
            Self::NothingFound => "nothing_found",
            Self::NotReproduced => "not_reproduced",
            Self::Reproduced => "reproduced",
        }
    }
}

/// What a behaviour plan concludes of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    Same,
    Different,
    NotEnoughEvidence,
    /// The candidate does not load, or its worker broke the protocol or died.
    Failed,
}
