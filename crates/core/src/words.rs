//! Counts and texts as people say them.

/// `1 file`, `3 files`, `1,284 cases`.
pub fn count(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", thousands(number))
}

/// `1,284`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(",")
}

/// Above this a bound says nothing more.
const NO_BOUND: f64 = 1000.0;

/// A bound of an effect as it is sent: 0 where none is known.
pub fn known(bound: f64) -> Option<f64> {
    (bound > 0.0).then_some(bound)
}

/// `1.94x (1.88–2.01)`, `1.94x (at least 1.88)`; bounds that are not known are left out.
pub fn ratio(ratio: f64, low: Option<f64>, high: Option<f64>) -> String {
    let bounds = interval(low, high);
    if bounds.is_empty() { format!("{ratio:.2}x") } else { format!("{ratio:.2}x {bounds}") }
}

/// `(1.88–2.01)`, `(at least 1.88)`, `(at most 2.01)`; empty where no bound is known.
pub fn interval(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high.filter(|high| *high <= NO_BOUND)) {
        (Some(low), Some(high)) => format!("({low:.2}–{high:.2})"),
        (Some(low), None) => format!("(at least {low:.2})"),
        (None, Some(high)) => format!("(at most {high:.2})"),
        (None, None) => String::new(),
    }
}

/// The reason of a refusal without the counterexample that stands beside it, told by its input.
pub fn without_example<'a>(reason: &'a str, input: &str) -> &'a str {
    if input.is_empty() {
        return reason;
    }
    reason.split_once(&format!(": {input}")).map_or(reason, |(before, _)| before)
}

/// The first sentence of a text, in one line.
pub fn first_sentence(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match joined.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => joined,
    }
}

/// Levenshtein's distance.
pub fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

/// The known word that was probably meant.
pub fn nearest<'a>(asked: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = asked.chars().count();
    let most = (length / 3).max(2).min(length.saturating_sub(1));
    known.into_iter().map(|word| (distance(asked, word), word)).filter(|(distance, _)| *distance <= most).min().map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural_and_thousands_are_grouped() {
        assert_eq!([count(1, "file"), count(0, "file"), count(1_234_567, "case")], ["1 file", "0 files", "1,234,567 cases"]);
    }

    #[test]
    fn a_reason_is_told_once_beside_its_counterexample() {
        assert_eq!(without_example("result differs: f([1]) gave 2, was 1", "f([1])"), "result differs");
        assert_eq!(without_example("a test fails", "f([1])"), "a test fails");
        assert_eq!(without_example("a: b", ""), "a: b");
    }

    #[test]
    fn a_slip_is_answered_with_the_word_that_was_meant() {
        let known = ["workloads", "setup", "python"];
        assert_eq!(nearest("workload", known), Some("workloads"));
        assert_eq!(nearest("pyhton", known), Some("python"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn bounds_that_are_not_known_are_left_out() {
        assert_eq!(ratio(1.94, Some(1.876), Some(2.014)), "1.94x (1.88–2.01)");
        assert_eq!([ratio(3.0, Some(2.0), None), ratio(3.0, Some(2.0), Some(1e6))], ["3.00x (at least 2.00)"; 2]);
        assert_eq!([ratio(1.0, None, Some(1.2)), ratio(1.02, None, None)], ["1.00x (at most 1.20)", "1.02x"]);
    }

    #[test]
    fn a_sentence_ends_at_its_stop_and_not_within_a_name() {
        assert_eq!(first_sentence("Reads `a.b`\nonce. It is faster."), "Reads `a.b` once.");
        assert_eq!(first_sentence("one"), "one");
    }
}
