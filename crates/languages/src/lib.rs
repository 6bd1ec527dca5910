//! All that knows a language: detection, static analysis, rules, harness.
//!
//! One folder a language. This crate reads sources and holds the harness's files; it never runs
//! anything of a repository. The one program it starts is a host's own interpreter, to ask for its
//! version.

pub mod python;
