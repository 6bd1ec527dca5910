//! Python, from 3.9 on.

pub mod edit;
pub mod harness;
pub mod patch;
pub mod static_gate;
pub mod syntax;
