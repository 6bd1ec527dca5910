//! Sandboxes: one that plays scripts, and what every sandbox must do.

pub mod conformance;
mod scripted;

pub use scripted::{PlanKind, Script, ScriptedSandbox};
