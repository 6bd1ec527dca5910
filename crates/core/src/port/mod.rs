//! Ports: what the domain asks of the outside. A trait exists only where two implementations do.

pub mod model;
pub mod sandbox;

pub use model::{Model, ModelAnswer, ModelError, ModelRequest};
pub use sandbox::{RunningJob, Sandbox, SandboxError, SandboxReport};
