//! Deciding on behaviour with real interpreters.

mod support;
mod worker;
