//! What a runner says while it works (JSON lines on its standard output) and what it is told
//! (JSON lines on its standard input).

use serde::{Deserialize, Serialize};

use crate::verdict::Counterexample;

/// One line of a runner's standard output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// How far the plan has come. `total` is 0 where it is not known.
    Progress { phase: String, done: u64, total: u64, note: String },
    /// A candidate is decided (behaviour plans).
    Decided { candidate: String, same: bool, reason: String, counterexample: Option<Counterexample> },
    /// A timed block is complete (timing plans).
    Block(Block),
    /// A line for the run log.
    Log { level: String, message: String },
}

/// One line of a runner's standard input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub enum Control {
    /// Takes one more block of each named series; a timing plan idles until it is told.
    Continue { series: Vec<String> },
    /// Ends the plan now and writes its result.
    Finish,
}

/// One block: a fresh worker a side, equal warm-up, then pairs of samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// The comparison that the block belongs to, such as a candidate's id, with its input size.
    pub series: String,
    /// Number within the series, from 0.
    pub index: u32,
    /// Whether the baseline's worker started first.
    pub baseline_first: bool,
    pub pairs: Vec<Pair>,
    /// Nanoseconds of CPU from worker start to the end of warm-up, for baseline and candidate.
    pub startup_ns: [u64; 2],
    /// CPU nanoseconds over each worker's whole life with all descendants, for the accounting check.
    pub life_ns: [u64; 2],
    /// `cpu`, `wall` or `wall_less_queue`.
    pub clock: String,
    /// Seconds of steal and throttling that the machine reported during the block.
    pub disturbed_s: f64,
}

/// One pair of samples in nanoseconds, both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    pub baseline_first: bool,
    pub baseline_cpu_ns: u64,
    pub candidate_cpu_ns: u64,
    pub baseline_wall_ns: u64,
    pub candidate_wall_ns: u64,
    /// Run-queue wait of the worker's main thread during the sample.
    pub baseline_queue_ns: u64,
    pub candidate_queue_ns: u64,
}
