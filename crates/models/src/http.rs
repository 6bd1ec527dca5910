//! What the HTTP providers share: sending, time limits, and telling failures apart.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, header::HeaderMap};
use serde::de::DeserializeOwned;
use whetstone_core::port::ModelError;

const DEFAULT_WAIT: Duration = Duration::from_secs(5);
const SHOWN_OF_A_REFUSAL: usize = 400;

/// Makes a client whose requests end within `limit`.
pub(crate) fn client(limit: Duration) -> Result<Client, ModelError> {
    let built = Client::builder().timeout(limit).connect_timeout(limit.min(Duration::from_secs(10))).build();
    built.map_err(|error| ModelError::Unreachable(error.to_string()))
}

/// Sends a request and reads its JSON answer.
pub(crate) async fn send<T: DeserializeOwned>(request: RequestBuilder, limit: Duration) -> Result<T, ModelError> {
    let response = request.send().await.map_err(|error| unreachable_or_late(&error, limit))?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.map_err(|error| unreachable_or_late(&error, limit))?;
    if status.is_success() {
        return serde_json::from_slice(&body).map_err(|error| ModelError::Malformed(error.to_string()));
    }
    let text: String = String::from_utf8_lossy(&body).chars().take(SHOWN_OF_A_REFUSAL).collect();
    Err(match status {
        StatusCode::TOO_MANY_REQUESTS => ModelError::RateLimited(retry_after(&headers).unwrap_or(DEFAULT_WAIT)),
        status if status.is_server_error() => match retry_after(&headers) {
            Some(wait) => ModelError::RateLimited(wait),
            None => ModelError::Unreachable(format!("{status}: {text}")),
        },
        status => ModelError::Refused(format!("{status}: {text}")),
    })
}

fn unreachable_or_late(error: &reqwest::Error, limit: Duration) -> ModelError {
    if error.is_timeout() { ModelError::TimedOut(limit) } else { ModelError::Unreachable(error.to_string()) }
}

/// Reads `Retry-After` in seconds (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get("retry-after")?.to_str().ok()?.parse().ok()?;
    (0.0..=600.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}
