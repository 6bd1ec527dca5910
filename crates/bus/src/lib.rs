//! The in-process event bus: groups, acknowledgement and redelivery.
