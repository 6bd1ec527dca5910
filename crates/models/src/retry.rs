//! Retries with full jitter: a rate limit waits as long as it is told, at least.

use std::time::Duration;

use whetstone_core::port::{Model, ModelAnswer, ModelError, ModelRequest};

/// How often and how patiently a call is repeated.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    pub attempts: u32,
    pub base: Duration,
    pub longest: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 4, base: Duration::from_millis(500), longest: Duration::from_secs(60) }
    }
}

impl RetryPolicy {
    /// How long to wait after `failure` of attempt `attempt` (from 0); `None` gives up.
    /// `share` in `0..1` is the jitter's draw.
    fn wait(&self, failure: &ModelError, attempt: u32, share: f64) -> Option<Duration> {
        if attempt + 1 >= self.attempts {
            return None;
        }
        let backoff = self.base.saturating_mul(1 << attempt.min(16)).min(self.longest).mul_f64(share);
        match failure {
            ModelError::RateLimited(asked) => Some(asked.saturating_add(backoff).min(self.longest)),
            ModelError::Unreachable(_) | ModelError::TimedOut(_) => Some(backoff),
            ModelError::NotConfigured(_) | ModelError::Refused(_) | ModelError::Malformed(_) => None,
        }
    }
}

/// Asks until an answer comes, a failure is final, or the attempts are used up.
pub async fn ask_with_retries(model: &dyn Model, request: &ModelRequest, policy: &RetryPolicy) -> Result<ModelAnswer, ModelError> {
    let mut attempt = 0;
    loop {
        let failure = match model.ask(request).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        let draw = request.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(attempt * 7) >> 11;
        let share = draw as f64 / (1u64 << 53) as f64;
        let Some(wait) = policy.wait(&failure, attempt, share) else { return Err(failure) };
        tracing::info!(model = model.name(), request = %request.id, attempt, ?wait, %failure, "a model call is repeated");
        tokio::time::sleep(wait).await;
        attempt += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_final_and_a_rate_limit_waits_as_told() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.wait(&ModelError::Refused("no".into()), 0, 0.5), None);
        let asked = Duration::from_secs(3);
        assert!(policy.wait(&ModelError::RateLimited(asked), 0, 0.5).is_some_and(|wait| wait >= asked));
        assert_eq!(policy.wait(&ModelError::RateLimited(asked), 3, 0.5), None);
    }
}
