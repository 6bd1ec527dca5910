//! The one JSON document that `optimize`, `judge`, `compare` and `verify` print, as published in
//! `docs/schema/whetstone.schema.json`. A test keeps the two in step.

use serde::{Deserialize, Serialize};

use crate::verdict::{Counterexample, Gate, Verdict};

/// Everything that a run found, for programs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    pub run: Run,
    pub source: Source,
    pub targets: Vec<Target>,
    pub skipped: Vec<Skipped>,
    pub costs: Costs,
    pub artifacts: Vec<Artifact>,
}

impl Document {
    /// Candidates of all targets.
    pub fn candidates(&self) -> usize {
        self.targets.iter().map(|target| target.candidates.len()).sum()
    }

    /// Whether every candidate of an evidence bundle was accepted again.
    pub fn holds(&self) -> bool {
        let candidates = self.candidates();
        candidates > 0 && self.run.optimizations as usize == candidates
    }
}

/// The pass of the pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    pub id: String,
    /// `optimize`, `judge`, `analyze`, `compare` or `verify`.
    pub kind: String,
    /// Decides everything that was drawn; the same seed draws the same again.
    pub seed: u64,
    /// Version of whet.
    pub version: String,
    /// Accepted candidates.
    pub optimizations: u32,
    /// Effect of all accepted candidates together on the whole workload.
    pub workload: Option<Interval>,
    /// The branch that was made, if one was.
    pub branch: Option<String>,
    /// For people: `no model configured: rules alone`.
    pub notes: Vec<String>,
}

/// A ratio of times with its 95 % interval; 1.25 is 25 % faster.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    pub effect: f64,
    pub low: f64,
    pub high: f64,
}

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub name: String,
    /// Digest of the snapshot's tree.
    pub snapshot: String,
    pub commit: Option<String>,
    pub branch: Option<String>,
    pub files: u32,
    /// `path: why`.
    pub left_out: Vec<String>,
    /// Full version of the interpreter.
    pub interpreter: String,
    /// Commands whose time was to be saved.
    pub workloads: Vec<String>,
}

/// A function or method that was chosen, with what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// `package.module:Class.method`.
    pub name: String,
    pub file: String,
    pub line: u32,
    /// Share of the workload's time, from 0 to 1.
    pub share: f64,
    /// How much faster the workload gets if the target takes no time (Amdahl); null where it has no bound.
    pub upper_bound: Option<f64>,
    /// Recorded and generated cases that are replayed as evidence.
    pub cases: u64,
    /// Recorded calls that no replay can judge: the workload itself is run with each side for them.
    pub rerun: u32,
    /// Recorded calls that are no case, or none that a replay can judge, by reason.
    #[serde(default)]
    pub unused_calls: Vec<UnusedCalls>,
    pub coverage: Coverage,
    /// Why it has no candidate; null where it has, and where none was sought.
    #[serde(default)]
    pub without_candidate: Option<String>,
    pub candidates: Vec<Candidate>,
}

/// Calls that could not be used, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnusedCalls {
    pub reason: String,
    pub calls: u64,
}

/// Shares from 0 to 1 of the target's own lines and branches that cases reach; null where there are none to reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    pub line: Option<f64>,
    pub branch: Option<f64>,
}

/// A proposed edit and the verdict on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    pub id: String,
    /// Rule ids joined by `+`, `model@prompt-version`, or a file's name.
    pub origin: String,
    pub verdict: Verdict,
    /// Where it was decided.
    pub gate: Gate,
    pub reason: String,
    /// Ratio of the target's times; 1.25 is 25 % faster. Null where it was not measured.
    pub effect: Option<f64>,
    /// Bounds of its 95 % interval; null where none is known.
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub counterexample: Option<Counterexample>,
    /// What its behaviour was compared on; null where it was refused before.
    pub checked: Option<Checked>,
    /// Unified diff against the snapshot.
    pub diff: String,
}

/// What a candidate's behaviour was compared on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// Recorded calls that were replayed.
    pub recorded: u32,
    /// Calls of the running workload that were compared with each side, where no replay can judge them.
    pub rerun: u32,
    /// Generated cases, the final set's among them, by source.
    pub generated: Vec<Generated>,
    /// Cases of the final set; 0 where none was met.
    pub final_cases: u32,
    /// The differential search; null where none was asked for.
    pub solver: Option<Solver>,
}

/// Generated cases of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// `relatives`, `hypothesis`, `crosshair`, `small inputs`, `deeper inputs` or `several changes`.
    pub source: String,
    pub cases: u64,
}

/// What the differential search between baseline and candidate did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Solver {
    /// `not_run`, `nothing_found`, `not_reproduced` or `reproduced`.
    pub outcome: String,
    /// For people: how far it came, or why it did not run.
    pub detail: String,
    /// Inputs of the search that the gate compared.
    pub inputs: u32,
    pub seconds: f64,
}

/// A function that was not chosen, or a candidate's target that was left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    pub name: String,
    pub reason: String,
}

/// What the run took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// Millionths of a US dollar.
    pub microusd: i64,
    pub entries: Vec<Cost>,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    pub stage: String,
    /// `compute_s`, `input_tokens`, `output_tokens`, `stored_bytes` or `api_calls`.
    pub unit: String,
    /// Job kind or model.
    pub what: String,
    pub quantity: f64,
    pub microusd: i64,
}

/// A file for people: the report, the patch, the evidence bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    pub name: String,
    /// SHA-256.
    pub digest: String,
    pub size: u64,
    /// Where it lies on the machine that printed the document; null inside the report itself.
    pub path: Option<String>,
}
