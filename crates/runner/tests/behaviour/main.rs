//! Deciding on behaviour with real interpreters.

mod adversarial;
mod attacks;
mod support;
mod worker;
