//! Numbers as people read them: every one with a unit, every effect with its interval.

use whetstone_core::words;
use whetstone_proto::common::v1::{Candidate, Effect, Gate, Verdict};

/// `1.94x faster (1.88–2.01)`; a change that may be none is no clear gain.
pub fn effect(effect: &Effect) -> String {
    let [low, high] = [effect.low, effect.high].map(words::known);
    let word = if low.is_some_and(|low| low > 1.0) {
        "faster"
    } else if high.is_some_and(|high| high < 1.0) {
        "(slower)"
    } else {
        "(no clear gain)"
    };
    format!("{:.2}x {word} {}", effect.ratio, words::interval(low, high)).trim_end().to_owned()
}

/// `12 %`, with one decimal below ten.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 10.0 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// Nanoseconds in the unit that a person would say.
pub fn nanoseconds(value: f64) -> String {
    whetstone_core::duration::show(std::time::Duration::from_nanos(value.max(0.0) as u64))
}

/// Seconds likewise.
pub fn seconds(value: f64) -> String {
    whetstone_core::duration::show(std::time::Duration::from_secs_f64(value.max(0.0)))
}

/// Evidence as betting odds, `540 to 1`: e-values multiply as odds do, and a candidate that is not faster reaches 100 to 1 with
/// a probability of at most 1 %.
pub fn odds(log_e: f64) -> String {
    const MOST: f64 = 1e6;
    let odds = log_e.exp();
    if odds >= MOST {
        "more than 1,000,000 to 1".to_owned()
    } else if odds >= 10.0 {
        format!("{} to 1", words::thousands(odds as u64))
    } else {
        format!("{odds:.1} to 1")
    }
}

/// The clock of a comparison in words.
pub fn clock(clock: &str) -> &str {
    match clock {
        "cpu" => "timed by processor time",
        "wall" => "timed by elapsed time",
        "wall_less_queue" => "timed by elapsed time less the wait for a processor",
        other => other,
    }
}

/// The source of generated cases in words.
pub fn case_source(source: &str) -> &str {
    match source {
        "relatives" => "varied from recorded calls",
        "hypothesis" => "by Hypothesis",
        "crosshair" => "by CrossHair",
        other => other,
    }
}

/// Bytes with a binary unit.
pub fn bytes(value: f64) -> String {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let power = if value < 1.0 { 0 } else { ((value.log2() / 10.0) as usize).min(UNITS.len() - 1) };
    let digits = if power == 0 { 0 } else { 1 };
    format!("{:.digits$} {}", value / 1024f64.powi(power as i32), UNITS[power])
}

/// The verdict in words.
pub fn verdict(candidate: &Candidate) -> &'static str {
    match candidate.verdict() {
        Verdict::Accepted => "accepted",
        Verdict::Rejected => "refused",
        Verdict::Inconclusive => "inconclusive",
        Verdict::NotEnoughEvidence => "not enough evidence",
        Verdict::Unspecified => "undecided",
    }
}

/// The gate in words.
pub fn gate(candidate: &Candidate) -> &'static str {
    match candidate.gate() {
        Gate::Static => "static",
        Gate::Behaviour => "behaviour",
        Gate::Project => "project",
        Gate::Speed => "speed",
        Gate::Program => "program",
        Gate::Unspecified => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_that_holds_one_is_no_gain() {
        assert_eq!(effect(&Effect { ratio: 1.94, low: 1.88, high: 2.01 }), "1.94x faster (1.88–2.01)");
        assert_eq!(effect(&Effect { ratio: 1.02, low: 0.99, high: 1.05 }), "1.02x (no clear gain) (0.99–1.05)");
        assert_eq!(effect(&Effect { ratio: 1.02, low: 0.0, high: 0.0 }), "1.02x (no clear gain)");
        assert_eq!(effect(&Effect { ratio: 0.5, low: 0.4, high: 0.6 }), "0.50x (slower) (0.40–0.60)");
    }

    #[test]
    fn numbers_carry_units() {
        assert_eq!(percent(0.084), "8.4 %");
        assert_eq!(bytes(2.1 * 1024.0 * 1024.0), "2.1 MiB");
        assert_eq!(bytes(0.0), "0 B");
        assert_eq!([odds(6.3), odds(0.5), odds(80.0)], ["544 to 1", "1.6 to 1", "more than 1,000,000 to 1"]);
    }
}
