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

/// The first sentence of a text, in one line.
pub fn first_sentence(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match joined.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural_and_thousands_are_grouped() {
        assert_eq!([count(1, "file"), count(0, "file"), count(1_234_567, "case")], ["1 file", "0 files", "1,234,567 cases"]);
    }

    #[test]
    fn a_sentence_ends_at_its_stop_and_not_within_a_name() {
        assert_eq!(first_sentence("Reads `a.b`\nonce. It is faster."), "Reads `a.b` once.");
        assert_eq!(first_sentence("one"), "one");
    }
}
