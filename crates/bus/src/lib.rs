//! The event bus: groups, acknowledgement and redelivery.
//!
//! Every group of a topic gets every message; within a group each message goes to one subscriber. A
//! message is delivered at least once: one that is dropped or refused without acknowledgement, or
//! not acknowledged in time, is delivered again, and after [`Settings::attempts`] deliveries it is
//! set aside as a dead letter. The bus is a wake-up and keeps nothing across processes: whoever
//! must not miss a fact keeps it in an outbox and publishes again.
//!
//! It must not know what a message means.

mod memory;

pub use memory::{Bus, Delivery, Settings, Subscription};
