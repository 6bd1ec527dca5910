//! Events: facts about a run, numbered, that a watcher can resume from.

use serde::{Deserialize, Serialize};

/// A stage of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Prepare,
    Analyze,
    GenerateTests,
    Baseline,
    Optimize,
    Compare,
    Report,
}

impl Stage {
    pub const ALL: [Self; 7] =
        [Self::Prepare, Self::Analyze, Self::GenerateTests, Self::Baseline, Self::Optimize, Self::Compare, Self::Report];

    /// The stage's name as in events, metrics and the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Analyze => "analyze",
            Self::GenerateTests => "generate_tests",
            Self::Baseline => "baseline",
            Self::Optimize => "optimize",
            Self::Compare => "compare",
            Self::Report => "report",
        }
    }
}
