//! Building an environment: the one plan with a network.

use serde::{Deserialize, Serialize};

/// Builds the environment at `/whet/env` and the overlay of the repository's own package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparePlan {
    /// Commands in order; each runs in a writable copy of the tree at `/whet/tree`.
    pub steps: Vec<PrepareStep>,
    /// Folder made by the steps that becomes the environment archive, such as `/whet/env` or `/whet/tools`.
    pub archive: String,
    /// Folder whose files, less those that the tree has alike, become the overlay; empty for none.
    pub overlay_from: String,
}

/// One command of a prepare plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrepareStep {
    /// For people: `install dependencies`.
    pub name: String,
    pub command: Vec<String>,
    /// A step that may fail without failing the plan, such as an optional extra.
    pub optional: bool,
}

/// What a prepare plan made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrepareResult {
    pub steps: Vec<StepResult>,
    /// Name of the environment's archive in `/job/out` (a tar), empty if a step failed.
    pub environment: String,
    /// Name of the overlay's archive in `/job/out` (a tar), empty for none.
    pub overlay: String,
    /// `name==version` of everything installed.
    pub packages: Vec<String>,
}

/// How one step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepResult {
    pub name: String,
    pub exit: i32,
    /// The tool's own last lines.
    pub tail: String,
}
