//! Python, from 3.9 on.

pub mod calls;
pub mod complexity;
pub mod detect;
pub mod edit;
pub mod functions;
pub mod harness;
pub mod patch;
pub mod prepare;
pub mod rules;
pub mod scope;
pub mod static_gate;
pub mod syntax;
pub mod versions;
