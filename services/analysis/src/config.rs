//! The role's configuration.

use serde::{Deserialize, Serialize};
use whetstone_proto::common::v1::Priority;
use whetstone_runtime::config::{Problems, Validate};

/// Section `analysis`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Most targets of a run by priority: low, medium, high.
    pub targets: [u32; 3],
    /// A function below this share of the workload (of tests: of what they spend in the repository's code), with what it calls, is
    /// left out unless it is named.
    pub least_share: f64,
    /// One call in so many enters the observed copy of a target.
    pub observe_one_in: u32,
    /// Times the workload's plain wall time that an instrumented run may take.
    pub slowdown_limit: f64,
    /// Whether a linter's findings are collected.
    pub linters: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { targets: [5, 10, 20], least_share: 0.01, observe_one_in: 16, slowdown_limit: 30.0, linters: true }
    }
}

impl Config {
    /// The most targets for a priority; what is not said is medium.
    pub fn most_targets(&self, priority: Priority) -> usize {
        let index = match priority {
            Priority::Low => 0,
            Priority::Unspecified | Priority::Medium => 1,
            Priority::High => 2,
        };
        self.targets[index] as usize
    }
}

impl Validate for Config {
    fn validate(&self, problems: &mut Problems) {
        if self.targets.contains(&0) {
            problems.add("targets", "each priority needs at least 1");
        }
        if !(0.0..1.0).contains(&self.least_share) {
            problems.add("least_share", "must be at least 0 and less than 1");
        }
        if self.observe_one_in == 0 {
            problems.add("observe_one_in", "must be at least 1");
        }
        if self.slowdown_limit.is_nan() || self.slowdown_limit < 1.0 {
            problems.add("slowdown_limit", "must be at least 1");
        }
    }
}
