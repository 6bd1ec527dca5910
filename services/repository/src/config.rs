//! The role's configuration.

use serde::{Deserialize, Serialize};
use whetstone_core::duration;
use whetstone_runtime::config::{Problems, Validate};

/// Section `repository`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The longest that one run of a workload may take, such as `10m`.
    pub workload_timeout: String,
    /// The longest that building an environment may take.
    pub prepare_timeout: String,
    /// Processor time of the differential search for a candidate that meets its final set; `0s` for none.
    pub solver_time: String,
    /// How long a run's lease lasts without a heartbeat.
    pub lease: String,
    /// Most files of a source; more are refused.
    pub source_files: usize,
    /// Most megabytes of a source; more are refused.
    pub source_megabytes: u64,
    pub prices: Prices,
}

/// Section `repository.prices`: what the ledger books for what no provider prices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Prices {
    /// US dollars for an hour of CPU.
    pub compute_hour_usd: f64,
    /// US dollars for a stored gigabyte.
    pub stored_gigabyte_usd: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            workload_timeout: "10m".into(),
            prepare_timeout: "20m".into(),
            solver_time: "10s".into(),
            lease: "30s".into(),
            source_files: 100_000,
            source_megabytes: 2048,
            prices: Prices::default(),
        }
    }
}

impl Default for Prices {
    /// One's own machine costs nothing.
    fn default() -> Self {
        Self { compute_hour_usd: 0.0, stored_gigabyte_usd: 0.0 }
    }
}

impl Config {
    /// A duration of this section, validated when it was read.
    pub(crate) fn seconds(text: &str) -> f64 {
        duration::parse(text).map_or(600.0, |duration| duration.as_secs_f64())
    }
}

impl Validate for Config {
    fn validate(&self, problems: &mut Problems) {
        for (key, text) in
            [("workload_timeout", &self.workload_timeout), ("prepare_timeout", &self.prepare_timeout), ("lease", &self.lease)]
        {
            match duration::parse(text) {
                Err(problem) => problems.add(key, problem),
                Ok(duration) if duration.is_zero() => problems.add(key, "must be longer than nothing"),
                Ok(_) => {}
            }
        }
        if let Err(problem) = duration::parse(&self.solver_time) {
            problems.add("solver_time", problem);
        }
        if self.source_files == 0 {
            problems.add("source_files", "must be at least 1");
        }
        for (key, price) in
            [("prices.compute_hour_usd", self.prices.compute_hour_usd), ("prices.stored_gigabyte_usd", self.prices.stored_gigabyte_usd)]
        {
            if !price.is_finite() || price < 0.0 {
                problems.add(key, format!("{price} is not a price"));
            }
        }
    }
}
