//! Deciding on behaviour with real interpreters.

mod adversarial;
mod attacks;
mod searched;
mod support;
mod worker;
