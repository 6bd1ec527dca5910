//! Durations as people write them: `90s`, `10m`, `1h`, `500ms`, `1h30m`.

use std::time::Duration;

/// Reads a duration.
///
/// # Errors
/// A sentence that says what form is expected.
pub fn parse(text: &str) -> Result<Duration, String> {
    let expected = || format!("`{text}` is not a duration: 500ms, 90s, 10m, 1h or 1h30m is expected");
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return Err(expected());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(expected)?;
        let count: u64 = rest[..digits].parse().map_err(|_| expected())?;
        rest = &rest[digits..];
        let unit_length = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let milliseconds = match &rest[..unit_length] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(expected()),
        };
        rest = &rest[unit_length..];
        let part = count.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(expected)?;
        total = total.checked_add(part).ok_or_else(expected)?;
    }
    Ok(total)
}

/// Writes a duration in the unit that a person would say.
pub fn show(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        s if s < 1e-6 => format!("{:.0} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7200.0 => {
            let (minutes, seconds) = (s.round() as u64 / 60, s.round() as u64 % 60);
            if seconds == 0 { format!("{minutes} min") } else { format!("{minutes} min {seconds} s") }
        }
        s => format!("{:.1} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_said_with_their_seconds() {
        let shown = [119.96, 149.4, 1800.0, 9000.0].map(|seconds| show(Duration::from_secs_f64(seconds)));
        assert_eq!(shown, ["120.0 s", "2 min 29 s", "30 min", "2.5 h"]);
    }

    #[test]
    fn reads_single_and_joined_units() {
        assert_eq!(parse("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("1h30m"), Ok(Duration::from_secs(5400)));
        assert!(parse("10").is_err() && parse("").is_err() && parse("5 days").is_err());
    }
}
