//! The baseline's call tree: what the flame graph is drawn from.

use serde::{Deserialize, Serialize};

/// A function as called from its parent in the tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CallTree {
    /// `module:qualname`, or the workload's command at the root.
    pub name: String,
    /// Seconds spent in it and what it calls, as called from its parent.
    pub seconds: f64,
    pub calls: u64,
    /// Longest first.
    pub children: Vec<CallTree>,
}
