//! The roles of the mesh.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One of the eight services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Gateway,
    Repository,
    Analysis,
    Testgen,
    Optimization,
    Benchmark,
    Reporting,
    Jobs,
}

impl Role {
    /// Every role, in start order: a role comes after those that it calls at start.
    pub const ALL: [Self; 8] =
        [Self::Jobs, Self::Repository, Self::Analysis, Self::Testgen, Self::Benchmark, Self::Optimization, Self::Reporting, Self::Gateway];

    /// The role's name, as in configuration keys, file names and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Repository => "repository",
            Self::Analysis => "analysis",
            Self::Testgen => "testgen",
            Self::Optimization => "optimization",
            Self::Benchmark => "benchmark",
            Self::Reporting => "reporting",
            Self::Jobs => "jobs",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| format!("`{text}` is not a role: one of {} is expected", names()))
    }
}
