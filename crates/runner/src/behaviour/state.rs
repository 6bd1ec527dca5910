//! The state that calls leave a process in, as its worker and the kernel tell it.

use std::collections::{BTreeMap, BTreeSet};

use super::{graph, show};
use crate::worker::Loaded;

/// One worker's state after its calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// What differs from before the repository's code loaded.
    pub changes: BTreeSet<String>,
    /// Digests of the data at module level, by `module.name`.
    pub data: BTreeMap<String, Vec<u8>>,
    /// Threads, as the kernel counts them.
    pub threads: u64,
}

impl State {
    /// Reads the answer to a request for the state.
    pub fn parse(bytes: &[u8], threads: u64) -> Option<Self> {
        let node = graph::parse(bytes)?;
        let [changes, data] = node.children.as_slice() else { return None };
        let changes = changes.children.iter().map(|change| change.children.iter().map(show::value).collect::<Vec<_>>().join(" ")).collect();
        let entry = |entry: &graph::Node| match entry.children.as_slice() {
            [module, name, digest] => Some((format!("{}.{}", show::plain(module), show::plain(name)), digest.data.clone())),
            _ => None,
        };
        Some(Self { changes, data: data.children.iter().map(entry).collect::<Option<_>>()?, threads })
    }
}

/// What a worker answers in place of a digest, before what it can't see into.
const HIDDEN: &[u8] = b"hidden ";
/// How a worker marks what a function closes over. That is a function's own business as long as it answers alike.
const CLOSURE: &str = " (closure)";
/// How a worker marks a cache of the interpreter's own.
const CACHE: &str = " (cache)";

/// What the baseline leaves, as far as it does so each time.
#[derive(Clone, Debug, Default)]
pub struct Usual {
    changes: BTreeSet<String>,
    data: BTreeMap<String, Vec<u8>>,
    threads: u64,
    load: BTreeSet<Vec<String>>,
}

impl Usual {
    /// Of two baseline workers that were asked the same in another order.
    pub fn of(one: &State, other: &State, loaded: &Loaded) -> Self {
        let data = one.data.iter().filter(|(name, digest)| other.data.get(*name) == Some(digest));
        Self {
            changes: one.changes.union(&other.changes).cloned().collect(),
            data: data.map(|(name, digest)| (name.clone(), digest.clone())).collect(),
            threads: one.threads.max(other.threads),
            load: loaded.changes.iter().cloned().collect(),
        }
    }

    /// Leaves out what cases put in place before each call: it is compared after each call.
    pub fn without_placed(mut self, inputs: impl Iterator<Item = impl AsRef<[u8]>>) -> Self {
        for input in inputs {
            let Some(input) = graph::parse(input.as_ref()) else { continue };
            let entries = input.children.get(2).map(show::unshared).map_or(&[][..], |state| &state.children);
            for locator in entries.iter().filter_map(|entry| show::unshared(entry).children.first()) {
                let parts: Vec<String> = show::unshared(locator).children.iter().map(show::plain).collect();
                let [kind, place @ ..] = parts.as_slice() else { continue };
                let suffix = if kind == "a" || kind == "d" { " (function)" } else { "" };
                self.data.remove(&format!("{}{suffix}", place.join(".")));
            }
        }
        self
    }

    /// The same where a further baseline worker, which was asked just what a candidate was, left something else.
    pub fn or_as_in(&self, again: &State) -> Self {
        let data = self.data.keys().filter_map(|name| Some((name.clone(), again.data.get(name)?.clone())));
        Self {
            changes: self.changes.union(&again.changes).cloned().collect(),
            data: data.collect(),
            threads: self.threads.max(again.threads),
            load: self.load.clone(),
        }
    }

    /// What a candidate's loading changed that the baseline's does not.
    pub fn unusual_load(&self, loaded: &Loaded) -> Option<String> {
        loaded.changes.iter().find(|change| !self.load.contains(*change)).map(|change| change.join(" "))
    }

    /// A name that only the candidate has and that holds what may change unseen, such as an iterator.
    pub fn hidden(&self, state: &State) -> Option<String> {
        state.data.iter().filter(|(name, _)| !self.data.contains_key(*name)).find_map(|(name, digest)| {
            let what = digest.strip_prefix(HIDDEN)?;
            Some(format!("{name} holds `{}`, whose changes can't be seen", String::from_utf8_lossy(what)))
        })
    }

    /// What a candidate leaves that the baseline does not.
    pub fn unusual(&self, state: &State) -> Option<String> {
        if let Some(change) = state.changes.difference(&self.changes).next() {
            return Some(change.clone());
        }
        if state.threads > self.threads {
            return Some(format!("{} threads, {} with the baseline", state.threads, self.threads));
        }
        self.data.iter().filter(|(name, _)| !name.ends_with(CLOSURE)).find_map(|(name, digest)| match state.data.get(name) {
            Some(found) if found == digest => None,
            Some(_) => Some(format!("{name} holds another value")),
            // A private name may go with the code that used it.
            None if name.rsplit('.').next().is_some_and(|last| last.starts_with('_')) => None,
            None => Some(format!("{name} is gone")),
        })
    }

    /// Names at module level that only the candidate has and that its calls changed: memos.
    pub fn memos(&self, before: &State, after: &State) -> Vec<String> {
        self.changed(before, after).map(|name| name.trim_end_matches(CACHE).trim_end_matches(CLOSURE).to_owned()).collect()
    }

    /// A name that only the candidate has and that a call changes which was made before: what counts calls
    /// is no memo. The interpreter's own caches count theirs, and nobody can ask them.
    pub fn restless(&self, before: &State, after: &State) -> Option<String> {
        self.changed(before, after).find(|name| !name.ends_with(CACHE)).map(str::to_owned)
    }

    fn changed<'a>(&'a self, before: &'a State, after: &'a State) -> impl Iterator<Item = &'a str> {
        let is_new = |name: &str| !self.data.contains_key(name);
        let changed = after.data.iter().filter(move |(name, digest)| is_new(name) && before.data.get(*name) != Some(digest));
        changed.map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(changes: &[&str], data: &[(&str, u8)]) -> State {
        State {
            changes: changes.iter().map(|&change| change.into()).collect(),
            data: data.iter().map(|&(name, digest)| (name.into(), vec![digest])).collect(),
            threads: 1,
        }
    }

    #[test]
    fn only_what_the_baseline_leaves_each_time_is_held_against_a_candidate() {
        let usual = Usual::of(&state(&["cwd"], &[("m.a", 1), ("m.b", 1)]), &state(&[], &[("m.a", 1), ("m.b", 2)]), &Loaded::default());
        assert_eq!(usual.unusual(&state(&["cwd"], &[("m.a", 1), ("m.b", 9)])), None);
        assert!(usual.unusual(&state(&["umask"], &[("m.a", 1)])).is_some());
        assert!(usual.unusual(&state(&[], &[("m.a", 2)])).is_some());
        assert!(usual.unusual(&state(&[], &[])).is_some(), "a public name is gone");
        assert!(usual.unusual(&State { threads: 2, ..state(&[], &[("m.a", 1)]) }).is_some());
    }

    #[test]
    fn what_the_same_calls_leave_on_a_further_baseline_is_no_difference() {
        let usual = Usual::of(&state(&[], &[("m.a", 1), ("m.b", 1)]), &state(&[], &[("m.a", 1), ("m.b", 1)]), &Loaded::default());
        let grown = state(&["cwd"], &[("m.a", 2), ("m.b", 1)]);
        assert!(usual.unusual(&grown).is_some());
        assert_eq!(usual.or_as_in(&grown).unusual(&grown), None);
        assert!(usual.or_as_in(&grown).unusual(&state(&[], &[("m.a", 2), ("m.b", 2)])).is_some());
        assert!(usual.or_as_in(&grown).unusual(&state(&[], &[("m.a", 1), ("m.b", 1)])).is_some());
    }

    #[test]
    fn a_new_name_that_calls_change_is_a_memo() {
        let usual = Usual::default();
        let (before, after) = (state(&[], &[("m._memo", 1), ("m._table", 1)]), state(&[], &[("m._memo", 2), ("m._table", 1)]));
        assert_eq!(usual.memos(&before, &after), ["m._memo"]);
        assert_eq!(usual.restless(&before, &after).as_deref(), Some("m._memo"));
        let asked = |number| state(&[], &[("m._f (cache)", number)]);
        assert_eq!((usual.memos(&asked(1), &asked(2)), usual.restless(&asked(1), &asked(2))), (vec!["m._f".to_owned()], None));
    }

    #[test]
    fn new_state_that_can_change_unseen_is_told() {
        let mut state = state(&[], &[("m._table", 1)]);
        assert_eq!(Usual::default().hidden(&state), None);
        state.data.insert("m._counter".into(), b"hidden count".to_vec());
        assert_eq!(Usual::default().hidden(&state).as_deref(), Some("m._counter holds `count`, whose changes can't be seen"));
        let usual = Usual { data: state.data.clone(), ..Usual::default() };
        assert_eq!(usual.hidden(&state), None, "the baseline has it too");
    }
}
