//! Which provider answers for a model's name.

use std::{path::Path, time::Duration};

use secrecy::SecretString;
use whetstone_core::port::{Model, ModelError};

use crate::{Anthropic, OpenAi, Replay};

const OPENAI_BASE: &str = "https://api.openai.com/v1";
const ANTHROPIC_BASE: &str = "https://api.anthropic.com";
const DEFAULT_OPENAI: &str = "gpt-5-mini";
const DEFAULT_ANTHROPIC: &str = "claude-sonnet-4-5";

/// Keys and addresses, from the standard environment names or the configuration.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    pub openai_key: Option<SecretString>,
    pub openai_base: Option<String>,
    pub anthropic_key: Option<SecretString>,
    pub anthropic_base: Option<String>,
    /// The model where none is named.
    pub default_model: Option<String>,
    pub limit: Option<Duration>,
}

impl Endpoints {
    /// Reads `OPENAI_API_KEY`, `OPENAI_BASE_URL`, `ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL`.
    pub fn from_environment(read: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| read(name).filter(|value| !value.trim().is_empty());
        Self {
            openai_key: text("OPENAI_API_KEY").map(SecretString::from),
            openai_base: text("OPENAI_BASE_URL"),
            anthropic_key: text("ANTHROPIC_API_KEY").map(SecretString::from),
            anthropic_base: text("ANTHROPIC_BASE_URL"),
            default_model: None,
            limit: None,
        }
    }
}

/// Chooses the model named `name`, or the default where it is empty. `None` if nothing is configured.
///
/// `replay:FOLDER` answers from recordings; `anthropic/NAME` and names that start with `claude` go to
/// Anthropic; everything else goes to the OpenAI-compatible server.
///
/// # Errors
/// If the named model's provider is not configured; the message says what to set.
pub fn choose(name: &str, endpoints: &Endpoints) -> Result<Option<Box<dyn Model>>, ModelError> {
    let limit = endpoints.limit.unwrap_or(Duration::from_secs(120));
    let name = if name.is_empty() { endpoints.default_model.as_deref().unwrap_or_default() } else { name };
    if let Some(folder) = name.strip_prefix("replay:") {
        return Ok(Some(Box::new(Replay::open(Path::new(folder))?)));
    }
    let has_openai = endpoints.openai_key.is_some() || endpoints.openai_base.is_some();
    let wants_anthropic = name.starts_with("anthropic/") || name.starts_with("claude") || name.is_empty() && !has_openai;
    if wants_anthropic {
        let Some(key) = endpoints.anthropic_key.clone() else {
            return if name.is_empty() { Ok(None) } else { Err(not_configured(name, "ANTHROPIC_API_KEY")) };
        };
        let base = endpoints.anthropic_base.as_deref().unwrap_or(ANTHROPIC_BASE);
        let model = if name.is_empty() { DEFAULT_ANTHROPIC } else { name.trim_start_matches("anthropic/") };
        return Ok(Some(Box::new(Anthropic::new(base, key, model, limit)?)));
    }
    if !has_openai {
        return Err(not_configured(name, "OPENAI_API_KEY (or OPENAI_BASE_URL, for a server of your own)"));
    }
    let base = endpoints.openai_base.as_deref().unwrap_or(OPENAI_BASE);
    let model = if name.is_empty() { DEFAULT_OPENAI } else { name.strip_prefix("openai/").unwrap_or(name) };
    Ok(Some(Box::new(OpenAi::new(base, endpoints.openai_key.clone(), model, limit)?)))
}

fn not_configured(name: &str, variable: &str) -> ModelError {
    ModelError::NotConfigured(format!("the model `{name}` is not configured: {variable} is not set"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(pairs: &[(&str, &str)]) -> Endpoints {
        Endpoints::from_environment(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn nothing_configured_is_no_model_and_a_named_one_without_key_is_an_error() {
        assert!(matches!(choose("", &endpoints(&[])), Ok(None)));
        let error = choose("gpt-5", &endpoints(&[])).err().expect("an error").to_string();
        assert!(error.starts_with("the model `gpt-5` is not configured: OPENAI_API_KEY"), "{error}");
        assert!(choose("claude-opus-4", &endpoints(&[("OPENAI_API_KEY", "k")])).is_err());
    }

    #[test]
    fn a_base_url_alone_is_enough_for_a_local_server() {
        let chosen = choose("qwen", &endpoints(&[("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")]));
        assert_eq!(chosen.ok().flatten().map(|model| model.name().to_owned()), Some("qwen".to_owned()));
    }
}
