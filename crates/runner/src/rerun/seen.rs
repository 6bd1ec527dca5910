//! What the processes of one run wrote of the target's calls.
//!
//! The files come from untrusted code: whatever cannot be read counts as not written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufReader, Read},
    path::Path,
};

use serde::{Deserialize, de::DeserializeOwned};
use whetstone_core::cases::{self, CaseHeader, CaseMode};

use crate::behaviour::outcome::{Difference, Outcome, within};

const CALLS: (&str, &str) = ("rerun-", ".bin");
/// Bytes of one file that are read.
const MOST_BYTES: u64 = 256 << 20;

/// Where state stands (`docs/encoding.md`).
pub type Locator = Vec<String>;

/// One call as a process told it.
#[derive(Clone, Debug)]
pub struct Call {
    pub header: CaseHeader,
    pub input: Vec<u8>,
    /// `None` for a call that could not be seen at all.
    pub outcome: Option<Outcome>,
}

impl Call {
    /// Whether the call can serve as evidence.
    pub fn is_evidence(&self) -> bool {
        self.header.mode == CaseMode::Rerun && self.outcome.is_some()
    }

    /// The first difference between this call of the baseline's and a candidate's.
    pub fn difference(&self, candidate: &Self, tolerance: f64) -> Option<Difference> {
        if self.input != candidate.input && !within(&self.input, &candidate.input, tolerance) {
            return Some(Difference { aspect: "input".into(), baseline: String::new(), candidate: String::new() });
        }
        let ours = self.outcome.as_ref()?;
        match &candidate.outcome {
            Some(theirs) => ours.difference(theirs, tolerance),
            None => {
                Some(Difference { aspect: "result".into(), baseline: self.header.ends.clone(), candidate: candidate.header.opaque.clone() })
            }
        }
    }
}

/// One process of a workload that called the target.
#[derive(Clone, Debug, Default)]
pub struct Process {
    pub calls: BTreeMap<u64, Call>,
    /// Outermost calls in all; `None` for a process that ended without notice.
    pub total: Option<u64>,
    /// The first position that was not looked at any more.
    pub until: Option<u64>,
}

impl Process {
    /// The order of its calls, as far as values have no part in it.
    fn order(&self) -> impl Iterator<Item = (u64, &str, &str)> {
        self.calls.iter().map(|(position, call)| (*position, call.header.caller.as_str(), call.header.types.as_str()))
    }

    /// Whether another process made the same calls in the same order.
    pub fn is_like(&self, other: &Self) -> bool {
        self.order().eq(other.order())
    }

    /// Whether the process looked at this position.
    pub fn reaches(&self, position: u64) -> bool {
        self.until.is_none_or(|until| position < until)
    }
}

/// One run of a workload.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// In the order of their starts.
    pub processes: Vec<Process>,
    /// The state that the first of them found to be named, and what of it no name holds at its end.
    pub locators: Option<Vec<Locator>>,
    pub unset: Vec<Locator>,
    pub timed_out: bool,
}

impl Seen {
    /// Whether a call was seen at a place.
    pub fn holds(&self, (process, position): (usize, u64)) -> bool {
        self.processes.get(process).is_some_and(|process| process.calls.contains_key(&position))
    }
}

/// What a process says at its end.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report {
    calls: Option<u64>,
    until: Option<u64>,
    locators: Option<Vec<Locator>>,
    unset: Vec<Locator>,
}

/// Reads the folder of one run.
pub fn read(folder: &Path) -> Seen {
    let mut seen = Seen::default();
    for name in names(folder, CALLS) {
        let calls = open(&folder.join(&name)).and_then(|file| cases::read(BufReader::new(file)).ok()).unwrap_or_default();
        let stem = name.strip_suffix(CALLS.1).unwrap_or(&name);
        let report: Report = json(&folder.join(format!("{stem}.json"))).unwrap_or_default();
        if seen.locators.is_none() {
            (seen.locators, seen.unset) = (report.locators, report.unset);
        }
        let calls = calls.into_iter().map(|case| {
            let outcome = Outcome::parse(&case.outcome);
            (case.header.position, Call { header: case.header, input: case.input, outcome })
        });
        seen.processes.push(Process { calls: calls.collect(), total: report.calls, until: report.until });
    }
    seen
}

/// The names of files with this beginning and ending, sorted.
pub fn names(folder: &Path, (prefix, suffix): (&str, &str)) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.starts_with(prefix) && name.ends_with(suffix)).collect()
}

/// A JSON document that a process left.
pub fn json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// A plain file, and no more of it than may be read: a link could name anything.
fn open(path: &Path) -> Option<impl Read> {
    let is_plain = path.symlink_metadata().is_ok_and(|status| status.is_file());
    is_plain.then(|| fs::File::open(path).ok())?.map(|file| file.take(MOST_BYTES))
}
