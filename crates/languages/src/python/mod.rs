//! Python, from 3.9 on.

pub mod detect;
pub mod edit;
pub mod harness;
pub mod patch;
pub mod prepare;
pub mod static_gate;
pub mod syntax;
pub mod versions;
