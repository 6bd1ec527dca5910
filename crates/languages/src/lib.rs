//! All that knows a language: detection, static analysis, rules, harness.
//!
//! One folder a language. This crate reads sources and holds the harness's files; it never runs
//! anything of a repository.

pub mod python;
