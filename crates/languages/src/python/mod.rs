//! Python 3.9 and later.

pub mod harness;
