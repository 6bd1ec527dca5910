//! Anthropic's messages protocol.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use whetstone_core::{
    MicroUsd,
    port::{Model, ModelAnswer, ModelError, ModelRequest},
};

use crate::{http, price};

const PROTOCOL_VERSION: &str = "2023-06-01";

/// A model served over the messages protocol.
pub struct Anthropic {
    client: Client,
    endpoint: String,
    key: SecretString,
    model: String,
    limit: Duration,
}

#[derive(Deserialize)]
struct Reply {
    content: Vec<Part>,
    #[serde(default)]
    usage: Usage,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: String,
}

#[derive(Default, Deserialize)]
struct Usage {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
}

impl Anthropic {
    /// Reaches `model` at `base_url`, to which `/v1/messages` is added.
    ///
    /// # Errors
    /// If no HTTP client can be made.
    pub fn new(base_url: &str, key: SecretString, model: &str, limit: Duration) -> Result<Self, ModelError> {
        let endpoint = format!("{}/v1/messages", base_url.trim_end_matches('/'));
        Ok(Self { client: http::client(limit)?, endpoint, key, model: model.to_owned(), limit })
    }
}

#[async_trait]
impl Model for Anthropic {
    fn name(&self) -> &str {
        &self.model
    }

    fn highest_cost(&self, request: &ModelRequest) -> MicroUsd {
        price::highest(&self.model, request)
    }

    async fn ask(&self, request: &ModelRequest) -> Result<ModelAnswer, ModelError> {
        let body = json!({
            "model": self.model,
            "system": request.system,
            "messages": [{"role": "user", "content": request.prompt}],
            "max_tokens": request.max_output_tokens,
            "temperature": request.temperature,
        });
        let call = self.client.post(&self.endpoint).json(&body);
        let call = call.header("x-api-key", self.key.expose_secret()).header("anthropic-version", PROTOCOL_VERSION);
        let started = Instant::now();
        let reply: Reply = http::send(call, self.limit).await?;
        let text: String = reply.content.into_iter().map(|part| part.text).collect::<Vec<_>>().join("\n\n");
        if text.is_empty() {
            return Err(ModelError::Malformed("the answer has no text".into()));
        }
        let Usage { input_tokens, output_tokens } = reply.usage;
        Ok(ModelAnswer {
            text,
            model: self.model.clone(),
            input_tokens,
            output_tokens,
            cost: price::of(&self.model, input_tokens, output_tokens),
            elapsed: started.elapsed(),
        })
    }
}
