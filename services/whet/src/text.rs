//! Numbers as people read them.

use std::time::Duration;

use whetstone_core::{duration, words};

/// A share as `12 %`, with one digit after the point below 10 %.
pub fn share(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 9.95 { format!("{percent:.0} %") } else { format!("{percent:.1} %") }
}

/// A ratio that is a gain, as `1.94x faster`.
pub fn faster(ratio: f64) -> String {
    format!("{ratio:.2}x faster")
}

/// Seconds in the unit a person would say.
pub fn seconds(seconds: f64) -> String {
    duration::show(Duration::from_secs_f64(seconds.max(0.0)))
}

/// Cuts a text to one line of at most `width` characters.
pub fn one_line(text: &str, width: usize) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= width {
        return line;
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// The widest line of text, counted in characters.
pub const WIDTH: usize = 116;

/// Why a candidate was not accepted, once and in one line: the reason, and the counterexample as input, outcome and the
/// baseline's outcome.
pub fn why(reason: &str, example: Option<[&str; 3]>) -> String {
    let Some([input, now, before]) = example else { return one_line(reason, WIDTH - DETAIL.len()) };
    let reason = words::without_example(reason, input);
    let [input, now, before] = [(input, 46), (now, 24), (before, 24)].map(|(part, width)| one_line(part, width));
    let reason = if reason.is_empty() { String::new() } else { one_line(reason, 40) + ": " };
    one_line(&format!("{reason}{input} -> {now}, was {before}"), WIDTH - DETAIL.len())
}

/// What a line begins with that says more of the line above.
pub const DETAIL: &str = "      ";

/// Keeps control characters of foreign text from a terminal.
pub fn harmless(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() && letter != '\n' && letter != '\t' { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_numbers_as_people_do() {
        assert_eq!([share(0.1234), share(0.0123)], ["12 %", "1.2 %"]);
    }

    #[test]
    fn a_refusal_is_told_once_and_fits_a_line() {
        let told = why("result differs: f([1]) gave 2, was 1", Some(["f([1])", "2", "1"]));
        assert_eq!(told, "result differs: f([1]) -> 2, was 1");
        let long = why(&"x".repeat(300), Some([&"y".repeat(300), &"1".repeat(300), &"2".repeat(300)]));
        assert!(long.chars().count() + DETAIL.len() <= WIDTH, "{long}");
    }

    #[test]
    fn cuts_long_and_folds_broken_lines() {
        assert_eq!(one_line("a  b\n c", 10), "a b c");
        assert_eq!(one_line("abcdefgh", 5), "abcd…");
    }

    #[test]
    fn foreign_text_cannot_command_the_terminal() {
        assert_eq!(harmless("a\x1b[2Jb"), "a\u{fffd}[2Jb");
    }
}
