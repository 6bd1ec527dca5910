//! Ids, domain types, runner plans and port traits that more than one role needs.
//!
//! This crate owns the vocabulary. It must not know any external system: no gRPC, SQL, HTTP or
//! process spawning; those live behind the ports in [`port`], one crate each.

pub mod cases;
pub mod digest;
pub mod document;
pub mod duration;
pub mod event;
pub mod id;
pub mod job;
pub mod money;
pub mod observed;
pub mod plan;
pub mod port;
pub mod profile;
pub mod record;
pub mod role;
pub mod target;
pub mod time;
pub mod verdict;
pub mod words;

pub use digest::Digest;
pub use id::{CandidateId, JobId, RepositoryId, RunId, TargetId};
pub use money::MicroUsd;
pub use role::Role;
pub use target::{TargetName, TargetSite};
pub use verdict::{Gate, Verdict};
