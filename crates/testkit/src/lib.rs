//! Fakes and conformance suites.

pub mod sandbox;
