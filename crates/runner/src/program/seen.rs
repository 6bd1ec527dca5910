//! What whole programs leave, and in what the sides differ.

use std::collections::{BTreeMap, BTreeSet};

use whetstone_core::plan::workload::Captured;

use crate::{process, workload::Ran};

/// Differences that are listed; more than these say nothing new.
const LISTED: usize = 20;

/// Everything that one side was seen to leave, over its runs.
#[derive(Debug, Default)]
pub struct Seen {
    exits: BTreeSet<i32>,
    stdout: Vec<Captured>,
    stderr: Vec<Captured>,
    /// Digests by path; a run that leaves a file alone counts as an empty text.
    files: BTreeMap<String, BTreeSet<String>>,
}

impl Seen {
    /// Takes in what another run left.
    pub fn note(&mut self, ran: Ran) {
        const UNTOUCHED: &str = "untouched";
        for (path, seen) in &mut self.files {
            if !ran.files.contains_key(path) {
                seen.insert(UNTOUCHED.into());
            }
        }
        for (path, digest) in ran.files {
            let is_new = !self.stdout.is_empty() && !self.files.contains_key(&path);
            let seen = self.files.entry(path).or_default();
            seen.insert(digest);
            if is_new {
                seen.insert(UNTOUCHED.into());
            }
        }
        self.exits.insert(ran.finished.exit);
        self.stdout.push(ran.finished.stdout);
        self.stderr.push(ran.finished.stderr);
    }

    /// Whether a run ended as others did.
    pub fn ends_as(&self, ran: &Ran) -> bool {
        self.exits.contains(&ran.finished.exit)
    }
}

/// What the candidate left that the baseline never did. Where the baseline differs from itself, only
/// what did not vary can be compared.
pub fn differences(baseline: &Seen, candidate: &Seen) -> Vec<String> {
    let mut found = Vec::new();
    if !candidate.exits.is_subset(&baseline.exits) {
        found.push(format!("exit status {:?}, was {:?}", candidate.exits, baseline.exits));
    }
    let streams = [("standard output", &baseline.stdout, &candidate.stdout), ("standard error", &baseline.stderr, &candidate.stderr)];
    found.extend(streams.into_iter().filter_map(|(name, before, after)| difference_of_texts(name, before, after)));
    let untouched = BTreeSet::new();
    let paths: BTreeSet<&String> = baseline.files.keys().chain(candidate.files.keys()).collect();
    for path in paths {
        let (before, after) = (baseline.files.get(path).unwrap_or(&untouched), candidate.files.get(path).unwrap_or(&untouched));
        if before.is_empty() {
            found.push(format!("file {path} is left, which the baseline leaves alone"));
        } else if after.is_empty() {
            found.push(format!("file {path} is left alone"));
        } else if before.len() == 1 && after != before {
            found.push(format!("file {path} has another content"));
        }
    }
    found.truncate(LISTED);
    found
}

fn difference_of_texts(name: &str, before: &[Captured], after: &[Captured]) -> Option<String> {
    let (was, last) = (before.last()?, after.last()?);
    let digests: BTreeSet<&str> = before.iter().map(|text| text.sha256.as_str()).collect();
    if after.iter().all(|text| digests.contains(text.sha256.as_str())) {
        return None;
    }
    if digests.len() == 1 {
        return Some(format!("{name} differs: {}", first_difference(was, last)));
    }
    let steady = Steady::of(before.iter().map(Parsed::of).collect());
    let (text, found) = after.iter().find_map(|text| steady.broken_by(&Parsed::of(text)).map(|found| (text, found)))?;
    Some(match found {
        Some((now, before)) => format!("{name} differs beyond what varies: {now} where it was always {before}"),
        None => format!("{name} differs beyond its numbers: {}", first_difference(was, text)),
    })
}

/// A text with each run of digits as one `#`, and those runs in order. Spaces and rulers at the ends of lines are left
/// out: they are padded to the width of the numbers between them.
struct Parsed {
    skeleton: String,
    numbers: Vec<String>,
}

impl Parsed {
    fn of(captured: &Captured) -> Self {
        let (mut text, mut numbers) = (String::with_capacity(captured.tail.len()), Vec::<String>::new());
        for character in captured.tail.chars() {
            let goes_on = text.ends_with('#') && numbers.last().is_some_and(|number| !number.is_empty());
            match numbers.last_mut() {
                Some(number) if goes_on && (character.is_ascii_digit() || character == '.') => number.push(character),
                _ if character.is_ascii_digit() => {
                    text.push('#');
                    numbers.push(character.to_string());
                }
                _ => {
                    // A sign of its own is no number's place.
                    if character == '#' {
                        numbers.push(String::new());
                    }
                    text.push(character);
                }
            }
        }
        let lines: Vec<&str> = text.lines().map(|line| line.trim_matches(|c: char| "=-_ ".contains(c))).collect();
        Self { skeleton: lines.join("\n"), numbers }
    }

    fn lines(&self) -> BTreeMap<&str, usize> {
        let mut found = BTreeMap::new();
        self.skeleton.lines().for_each(|line| *found.entry(line).or_default() += 1);
        found
    }
}

/// What stays the same in texts that differ.
enum Steady {
    /// All is but some numbers: the text without numbers, and each number that did not vary.
    Numbers { skeleton: String, kept: Vec<Option<String>> },
    /// Only some lines are, wherever they stand: how often each is there at least.
    Lines(BTreeMap<String, usize>),
}

impl Steady {
    fn of(texts: Vec<Parsed>) -> Self {
        let mut texts = texts.into_iter();
        let Some(first) = texts.next() else { return Self::Lines(BTreeMap::new()) };
        let rest: Vec<Parsed> = texts.collect();
        if rest.iter().all(|text| text.skeleton == first.skeleton) {
            let kept = first
                .numbers
                .iter()
                .enumerate()
                .map(|(place, number)| rest.iter().all(|text| text.numbers.get(place) == Some(number)).then(|| number.clone()));
            return Self::Numbers { kept: kept.collect(), skeleton: first.skeleton };
        }
        let mut least: BTreeMap<String, usize> = first.lines().into_iter().map(|(line, count)| (line.to_owned(), count)).collect();
        for text in &rest {
            let lines = text.lines();
            least.iter_mut().for_each(|(line, count)| *count = (*count).min(lines.get(line.as_str()).copied().unwrap_or(0)));
        }
        Self::Lines(least)
    }

    /// What a text breaks: a number with the one that always stood there, or nothing more exact.
    fn broken_by(&self, text: &Parsed) -> Option<Option<(String, String)>> {
        match self {
            Self::Numbers { skeleton, .. } if *skeleton != text.skeleton => Some(None),
            Self::Numbers { kept, .. } => {
                let mut pairs = kept.iter().zip(&text.numbers);
                let (always, now) = pairs.find(|(always, now)| always.as_ref().is_some_and(|always| always != *now))?;
                Some(always.clone().map(|always| (now.clone(), always)))
            }
            Self::Lines(least) => {
                let lines = text.lines();
                least.iter().any(|(line, count)| lines.get(line.as_str()).copied().unwrap_or(0) < *count).then_some(None)
            }
        }
    }
}

fn first_difference(was: &Captured, is: &Captured) -> String {
    let mut pairs = was.tail.lines().zip(is.tail.lines());
    match pairs.find(|(before, after)| before != after) {
        Some((before, after)) => format!("`{}`, was `{}`", clipped(after), clipped(before)),
        None => format!("{} bytes, was {} bytes; it ends {:?}", is.bytes, was.bytes, clipped(&process::last_lines(is, 1))),
    }
}

fn clipped(line: &str) -> String {
    line.chars().take(160).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use whetstone_core::Digest;

    use super::*;
    use crate::{accounting::Usage, process::Finished};

    fn captured(text: &str) -> Captured {
        Captured { tail: text.into(), bytes: text.len() as u64, sha256: Digest::of(text.as_bytes()).to_string() }
    }

    fn ran(stdout: &str, exit: i32, files: &[(&str, &str)]) -> Ran {
        let finished = Finished {
            exit,
            timed_out: false,
            printed_too_much: false,
            stdout: captured(stdout),
            stderr: captured(""),
            wall: Duration::ZERO,
            usage: Usage::default(),
        };
        Ran { finished, files: files.iter().map(|(path, digest)| ((*path).into(), (*digest).into())).collect() }
    }

    fn seen(runs: Vec<Ran>) -> Seen {
        let mut seen = Seen::default();
        runs.into_iter().for_each(|ran| seen.note(ran));
        seen
    }

    fn printed(texts: &[&str]) -> Seen {
        seen(texts.iter().map(|text| ran(text, 0, &[])).collect())
    }

    #[test]
    fn equal_runs_do_not_differ() {
        let runs = || seen(vec![ran("a\n", 0, &[("out", "1")]), ran("a\n", 0, &[("out", "1")])]);
        assert_eq!(differences(&runs(), &runs()), Vec::<String>::new());
    }

    #[test]
    fn each_aspect_is_told() {
        let baseline = seen(vec![ran("a\nb\n", 0, &[("out", "1"), ("log", "1")])]);
        let candidate = seen(vec![ran("a\nc\n", 2, &[("out", "2"), ("extra", "1")])]);
        let found = differences(&baseline, &candidate);
        let expected = [
            "exit status {2}, was {0}",
            "standard output differs: `c`, was `b`",
            "file extra is left, which the baseline leaves alone",
            "file log is left alone",
            "file out has another content",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_the_baseline_varies_in_is_compared_by_what_stays() {
        let baseline =
            || seen(vec![ran("== 3 passed in 0.12s ==\n", 0, &[("t", "1")]), ran("=== 3 passed in 1.5s ===\n", 0, &[("t", "2")])]);
        let candidate = seen(vec![ran("= 3 passed in 10.33s =\n", 0, &[("t", "3")])]);
        assert_eq!(differences(&baseline(), &candidate), Vec::<String>::new());
        let failing = seen(vec![ran("= 1 failed, 2 passed in 0.33s =\n", 0, &[("t", "3")])]);
        assert_eq!(differences(&baseline(), &failing).len(), 1);
    }

    #[test]
    fn a_number_that_never_varied_is_compared_beside_one_that_did() {
        let baseline = printed(&["total 46 in 0.08s\n", "total 46 in 0.25s\n"]);
        assert_eq!(differences(&baseline, &printed(&["total 46 in 0.02s\n"])), Vec::<String>::new());
        assert_eq!(
            differences(&baseline, &printed(&["total 45 in 0.08s\n"])),
            ["standard output differs beyond what varies: 45 where it was always 46"]
        );
    }

    #[test]
    fn of_lines_that_come_and_go_those_that_stay_are_compared() {
        let baseline = printed(&["b\na\n1 done\n", "a\nb\nslow\n1 done\n"]);
        assert_eq!(differences(&baseline, &printed(&["a\n1 done\nb\n"])), Vec::<String>::new());
        assert_eq!(differences(&baseline, &printed(&["a\n1 done\n"])).len(), 1);
    }
}
