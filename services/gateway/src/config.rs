//! The gateway's configuration.

use serde::{Deserialize, Serialize};
use whetstone_runtime::config::{Problems, Validate};

/// Section `gateway`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Largest source or bundle that a client may send, in MB.
    pub upload_limit_mb: u64,
    /// Whether clients over TCP may name git servers at private addresses.
    pub allow_private_git_hosts: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { upload_limit_mb: 2048, allow_private_git_hosts: false }
    }
}

impl Validate for Config {
    fn validate(&self, problems: &mut Problems) {
        if self.upload_limit_mb == 0 {
            problems.add("upload_limit_mb", "must be at least 1");
        }
    }
}
