//! Language models behind one port: OpenAI-compatible HTTP, Anthropic, and recorded replay.
//!
//! Owns the wire formats, retries, prices, redaction of secrets and the reading of answers
//! (`docs/models.md`). It must not know targets, gates or runs.

pub mod answer;
mod anthropic;
mod choice;
mod http;
mod openai;
pub mod price;
pub mod redact;
mod replay;
mod retry;

pub use anthropic::Anthropic;
pub use choice::{Endpoints, choose};
pub use openai::OpenAi;
pub use replay::Replay;
pub use retry::{RetryPolicy, ask_with_retries};
