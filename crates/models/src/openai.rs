//! OpenAI-compatible chat completions: OpenAI, Azure, vLLM, Ollama and others, by base URL.

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

/// A model served over the chat-completions protocol.
pub struct OpenAi {
    client: Client,
    endpoint: String,
    key: Option<SecretString>,
    model: String,
    limit: Duration,
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Usage,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

#[derive(Default, Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

impl OpenAi {
    /// Reaches `model` at `base_url`, to which `/chat/completions` is added. Local servers need no key.
    ///
    /// # Errors
    /// If no HTTP client can be made.
    pub fn new(base_url: &str, key: Option<SecretString>, model: &str, limit: Duration) -> Result<Self, ModelError> {
        let endpoint = format!("{}/chat/completions", base_url.trim_end_matches('/'));
        Ok(Self { client: http::client(limit)?, endpoint, key, model: model.to_owned(), limit })
    }
}

#[async_trait]
impl Model for OpenAi {
    fn name(&self) -> &str {
        &self.model
    }

    fn highest_cost(&self, request: &ModelRequest) -> MicroUsd {
        price::highest(&self.model, request)
    }

    async fn ask(&self, request: &ModelRequest) -> Result<ModelAnswer, ModelError> {
        let body = json!({
            "model": self.model,
            "messages": [
                {"role": "system", "content": request.system},
                {"role": "user", "content": request.prompt},
            ],
            "max_tokens": request.max_output_tokens,
            "temperature": request.temperature,
            "seed": request.seed >> 11,
        });
        let mut call = self.client.post(&self.endpoint).json(&body);
        if let Some(key) = &self.key {
            call = call.bearer_auth(key.expose_secret());
        }
        let started = Instant::now();
        let completion: Completion = http::send(call, self.limit).await?;
        let texts: Vec<String> = completion.choices.into_iter().filter_map(|choice| choice.message.content).collect();
        if texts.is_empty() {
            return Err(ModelError::Malformed("the answer has no choices with content".into()));
        }
        let Usage { prompt_tokens, completion_tokens } = completion.usage;
        Ok(ModelAnswer {
            text: texts.join("\n\n"),
            model: self.model.clone(),
            input_tokens: prompt_tokens,
            output_tokens: completion_tokens,
            cost: price::of(&self.model, prompt_tokens, completion_tokens),
            elapsed: started.elapsed(),
        })
    }
}
