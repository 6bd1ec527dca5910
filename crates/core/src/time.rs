//! Points in time as the store and events hold them.

use chrono::{SecondsFormat, Utc};

/// The current time in UTC as RFC 3339 with milliseconds, such as `2026-11-24T23:09:00.123Z`.
pub fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}
