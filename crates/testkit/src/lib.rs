//! Fakes, conformance suites and what tests need of the machine.

pub mod python;
pub mod sandbox;
