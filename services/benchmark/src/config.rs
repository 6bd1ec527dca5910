//! The role's configuration.

use serde::{Deserialize, Serialize};
use whetstone_measure::Rule;
use whetstone_proto::common::v1::RunOptions;
use whetstone_runtime::config::{Problems, Validate};

/// Section `benchmark`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Chance of ever accepting a candidate that is not faster by the run's `theta`.
    pub alpha: f64,
    /// Chance of ever refusing one that is.
    pub beta: f64,
    /// Without a decision by then, a comparison is inconclusive.
    pub most_blocks: u32,
    /// Shortest sample in milliseconds.
    pub sample_ms: f64,
    /// Wall seconds that the blocks of one comparison may take.
    pub comparison_limit_s: f64,
    /// A gain on the target that is worth a reviewer's time whatever it gains the workload.
    pub worth_target_ratio: f64,
    /// A gain of the workload that is worth a reviewer's time.
    pub worth_workload_gain: f64,
    /// Changed lines up to which these two hold; a larger diff must gain more in proportion.
    pub worth_lines: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            alpha: 0.01,
            beta: 0.10,
            most_blocks: 30,
            sample_ms: 10.0,
            comparison_limit_s: 300.0,
            worth_target_ratio: 1.5,
            worth_workload_gain: 0.01,
            worth_lines: 10,
        }
    }
}

impl Config {
    /// The rule of a run's comparisons.
    pub fn rule(&self, options: &RunOptions) -> Rule {
        let standard = Rule::default();
        let theta = if options.theta > 0.0 { options.theta } else { standard.theta };
        Rule { theta, alpha: self.alpha, beta: self.beta, most_blocks: self.most_blocks as usize, ..standard }
    }
}

impl Validate for Config {
    fn validate(&self, problems: &mut Problems) {
        for (key, chance) in [("alpha", self.alpha), ("beta", self.beta)] {
            if !(chance > 0.0 && chance < 1.0) {
                problems.add(key, "must lie between 0 and 1");
            }
        }
        if self.most_blocks < 8 {
            problems.add("most_blocks", "must be at least 8: fewer blocks can't give the evidence to accept");
        }
        for (key, positive) in [("sample_ms", self.sample_ms), ("comparison_limit_s", self.comparison_limit_s)] {
            if positive.is_nan() || positive <= 0.0 {
                problems.add(key, "must be greater than 0");
            }
        }
        if self.worth_target_ratio.is_nan() || self.worth_target_ratio < 1.0 {
            problems.add("worth_target_ratio", "must be at least 1");
        }
        if !(0.0..1.0).contains(&self.worth_workload_gain) {
            problems.add("worth_workload_gain", "must be at least 0 and less than 1");
        }
    }
}
