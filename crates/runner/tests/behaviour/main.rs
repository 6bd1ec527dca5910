//! Deciding on behaviour with real interpreters.

mod adversarial;
mod support;
mod worker;
