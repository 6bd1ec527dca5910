//! Measuring blocks of paired samples (gate 4). The service decides when to stop.

use serde::{Deserialize, Serialize};

use super::{FileEdit, Start};
use crate::{record::Block, target::TargetSite};

/// What is told of an outcome that differs while a candidate is timed.
pub const DIFFERENT_OUTCOME: &str = "under timing, a call gave another outcome than the baseline's";

/// Serves blocks of the named series until told to finish.
///
/// The runner calibrates on the baseline, then takes one block of each series that a
/// [`crate::record::Control::Continue`] names; these share the block's baseline worker, and series
/// with equal edits share the candidate's. Each gives a [`crate::record::Record::Block`]; a series
/// that fails gives a [`crate::record::Record::Decided`] under its name instead, and no block again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimingPlan {
    pub start: Start,
    pub target: TargetSite,
    pub series: Vec<Series>,
    /// Pairs in a block; 0 derives m from start-up and sample length, and is
    /// 5 for series on known values or on a part of the sizes.
    pub pairs: u32,
    /// Shortest sample in milliseconds.
    pub sample_ms: f64,
    /// Most blocks of one series that the runner will give.
    pub max_blocks: u32,
    pub wall_limit_s: f64,
    pub seed: u64,
    /// What an earlier plan on the same target and cases found out about the baseline; it is not found out again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explored: Option<Explored>,
}

/// What a timing plan finds out about the baseline before its first block. No candidate has a part in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explored {
    /// Ids of the timed cases; the lists below follow their order.
    pub cases: Vec<String>,
    /// Nanoseconds of one call.
    pub call_ns: Vec<f64>,
    /// Whether the case takes other values on the same path.
    pub bears: Vec<bool>,
    /// Whether its outcome repeats in another process.
    pub repeats: Vec<bool>,
    /// How far values are changed, as the runner's own number; `None` where no case bears it.
    pub level: Option<u8>,
    /// How lazy results are used up, in the harness's own word.
    pub consume: u8,
    pub trial: Trial,
}

/// What a trial run of the baseline showed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub clock: String,
    pub sample_ms: f64,
    /// Share of a sample that is the harness's own, measured on an empty target.
    pub harness_share: f64,
    /// Seconds until a worker has made its warm-up samples.
    pub start_s: f64,
    /// Seconds that building one sample's arguments takes.
    pub build_s: f64,
}

/// One comparison of a candidate with the baseline on a choice of cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    pub name: String,
    /// The candidate's edit; empty compares the baseline with itself.
    pub edits: Vec<FileEdit>,
    /// Only cases whose size lies in this range, both ends included; `None` for all.
    pub sizes: Option<(u64, u64)>,
    pub values: Values,
}

/// Which argument values a series is timed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Values {
    /// As recorded: what a candidate's author may know.
    Known,
    /// Perturbed with the plan's seed, or held back: what no author can know.
    Unknown,
}

/// How the timing plan ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimingResult {
    pub blocks: Vec<Block>,
    /// Calls in one sample of each series.
    pub calls: Vec<(String, u64)>,
    /// Calls in one sample of the first series, and milliseconds that the baseline takes for them.
    pub calls_per_sample: u64,
    pub sample_ms: f64,
    /// Share of a sample that is the harness's own, measured on an empty target.
    pub harness_share: f64,
    /// Share of the samples' values that could be perturbed or held back.
    pub unknown_share: f64,
    /// Whether the calls were timed in the running workload, by re-run.
    #[serde(default)]
    pub in_workload: bool,
    /// Samples that each worker makes before its first pair; they are part of a block's start-up.
    pub warm_up: u32,
    /// Series that ended early: `(series, reason)`; a worker that died, output that differed.
    pub failed: Vec<(String, String)>,
    pub machine: Machine,
    /// Seconds by phase: `start`, `warm_up`, `samples`, `build`, `wait`.
    pub phases: Vec<(String, f64)>,
    /// For further plans on the same target and cases.
    pub explored: Explored,
}

/// What the runner could read of the machine it timed on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub cpu_model: String,
    pub cores: u32,
    pub cpuset: String,
    /// Nanoseconds of the smallest step seen on the process CPU clock.
    pub clock_step_ns: u64,
    pub steal_s: f64,
    pub throttled_s: f64,
    pub load: f64,
    pub kernel: String,
}
