//! Verdicts on candidates and the gates that give them.

use serde::{Deserialize, Serialize};

/// What was decided about a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Accepted,
    Rejected,
    Inconclusive,
    NotEnoughEvidence,
}

/// The gate at which a candidate was decided, in the order in which gates are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    Static,
    Behaviour,
    Project,
    Speed,
    Program,
}

/// The smallest input on which a candidate differed, as text for people and prompts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counterexample {
    /// The call, as an expression of the target's language where one exists.
    pub input: String,
    /// What the baseline did.
    pub baseline: String,
    /// What the candidate did.
    pub candidate: String,
    /// What of the outcome differed: `result`, `exception`, `argument`, `output`, `state`, ...
    pub aspect: String,
    /// Where the input came from: `recorded`, `generated`, `sequence`, `final`, `tests`.
    pub source: String,
}
