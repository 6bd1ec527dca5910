//! Language models.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::money::MicroUsd;

/// One question to a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelRequest {
    /// Stored before it is sent; names the recorded answer.
    pub id: String,
    pub system: String,
    pub prompt: String,
    pub max_output_tokens: u32,
    pub temperature: f32,
    pub seed: u64,
}

/// A model's answer with what it cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelAnswer {
    pub text: String,
    pub model: String,
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cost: MicroUsd,
    pub elapsed: Duration,
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    #[error("the model provider asks to wait {0:?}")]
    RateLimited(Duration),
    #[error("{0}")]
    NotConfigured(String),
    #[error("the model provider refused the request: {0}")]
    Refused(String),
    #[error("the model provider could not be reached: {0}")]
    Unreachable(String),
    #[error("the model's answer took longer than {0:?}")]
    TimedOut(Duration),
    #[error("the model's answer could not be read: {0}")]
    Malformed(String),
}

/// A language model behind any provider.
#[async_trait]
pub trait Model: Send + Sync {
    /// The model's name as reports and prices name it.
    fn name(&self) -> &str;

    /// The most that one request of this size can cost, for the reservation.
    fn highest_cost(&self, request: &ModelRequest) -> MicroUsd;

    /// Asks once; retries are the caller's.
    async fn ask(&self, request: &ModelRequest) -> Result<ModelAnswer, ModelError>;
}
