//! What workers are asked: single calls under several ways of playing the other side, and sequences.

use rand::{Rng, SeedableRng, rngs::SmallRng, seq::SliceRandom};
use serde_json::json;
use whetstone_core::cases::Case;

use super::{graph, outcome::Outcome, sweep};
use crate::worker::{WorkerError, operation};

/// Cases that have sequences and other ways of playing made of them.
const MOST_VARIED: usize = 24;
const MOST_SEQUENCES: usize = 24;
const LONGEST_SEQUENCE: usize = 6;
/// Nanoseconds of a call that is too long to be made again and again.
const SLOW: u64 = 100_000_000;

/// One question to a worker, asked of the baseline and of each candidate alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Indexes of cases; one for a single call.
    pub cases: Vec<usize>,
    /// Options of each call (replay.py).
    pub options: Vec<serde_json::Value>,
    pub is_sequence: bool,
}

impl Probe {
    /// A single call, with options such as how an iterator that it returns is driven.
    pub fn call(case: usize, options: serde_json::Value) -> Self {
        Self { cases: vec![case], options: vec![options], is_sequence: false }
    }

    /// Calls in a row whose results stay alive.
    pub fn sequence(cases: Vec<usize>, options: Vec<serde_json::Value>) -> Self {
        Self { cases, options, is_sequence: true }
    }

    /// Whether this is a plain single call.
    pub fn is_plain(&self) -> bool {
        !self.is_sequence && self.options[0] == json!({})
    }

    /// The request's operation and payload.
    pub fn request(&self, cases: &[Case]) -> (u8, Vec<u8>) {
        let inputs: Vec<&[u8]> = self.cases.iter().map(|&case| cases[case].input.as_slice()).collect();
        if self.is_sequence {
            (operation::SEQUENCE, framed(&json!(self.options), &inputs))
        } else {
            (operation::CALL, framed(&self.options[0], &inputs))
        }
    }

    /// Reads the answer.
    ///
    /// # Errors
    /// If it is no outcome of each call.
    pub fn outcomes(&self, answer: &[u8]) -> Result<Vec<Outcome>, WorkerError> {
        let unreadable = || WorkerError::protocol("an outcome could not be read");
        let parts = if self.is_sequence { unframed(answer).ok_or_else(unreadable)? } else { vec![answer] };
        if parts.len() != self.cases.len() {
            return Err(unreadable());
        }
        parts.into_iter().map(|part| Outcome::parse(part).ok_or_else(unreadable)).collect()
    }
}

/// JSON and inputs, each behind its length.
pub fn framed(options: &serde_json::Value, inputs: &[&[u8]]) -> Vec<u8> {
    let options = options.to_string();
    let mut payload = Vec::new();
    for part in std::iter::once(options.as_bytes()).chain(inputs.iter().copied()) {
        // A case's parts are limited to 256 MiB.
        payload.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
        payload.extend_from_slice(part);
    }
    payload
}

/// Splits parts that stand behind their lengths.
pub fn unframed(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (part, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        parts.push(part);
        bytes = rest;
    }
    Some(parts)
}

/// Further probes of cases whose plain outcome is known: other ways of driving what a call returned,
/// callables that are watched, sequences.
pub fn further(cases: &[Case], outcomes: &[(usize, Outcome)], seed: u64) -> Vec<Probe> {
    let mut random = SmallRng::seed_from_u64(seed);
    // By size, not by time: what is asked must not depend on how busy the machine was.
    let mut by_size: Vec<&(usize, Outcome)> = outcomes
        .iter()
        .filter(|(case, outcome)| !cases[*case].header.caller.starts_with(sweep::CALLER) && outcome.meta.elapsed < SLOW)
        .collect();
    by_size.sort_by_key(|(case, _)| cases[*case].input.len());
    let mut chosen = diverse(cases, &by_size);
    chosen.truncate(MOST_VARIED);
    let mut found = Vec::new();
    for (case, outcome) in &chosen {
        if outcome.meta.lazy > 0 {
            found.extend(["mutate", "close", "throw", "send"].map(|drive| Probe::call(*case, json!({"drive": drive}))));
            let later = [("close", 0), ("throw", 1), ("disturb", 2), ("close", 5), ("throw", 5), ("disturb", 6)];
            found.extend(later.map(|(drive, after)| Probe::call(*case, json!({"drive": drive, "after": after}))));
        }
        if graph::parse(&cases[*case].input).is_some_and(|input| holds_function(&input)) {
            found.extend(
                [json!(true), json!("raises"), json!("silent"), json!("changes")].map(|wrap| Probe::call(*case, json!({"wrap": wrap}))),
            );
        }
    }
    found.extend(recorded_sequences(cases, outcomes));
    let pool: Vec<usize> = chosen.iter().map(|(case, _)| *case).collect();
    found.extend(made_sequences(&pool, &mut random));
    found
}

/// Whether an input brings a function, by reference or by structure.
fn holds_function(node: &graph::Node) -> bool {
    matches!(node.tag, b'R' | b'P') || node.children.iter().any(holds_function)
}

/// Cases in turn from every kind of arguments and end, the smallest of each first.
fn diverse<'a>(cases: &[Case], by_size: &[&'a (usize, Outcome)]) -> Vec<&'a (usize, Outcome)> {
    let mut seen = std::collections::HashMap::new();
    let mut ranked: Vec<(usize, &(usize, Outcome))> = by_size
        .iter()
        .map(|entry| {
            let header = &cases[entry.0].header;
            let rank = seen.entry((header.types.clone(), header.ends.clone())).or_insert(0usize);
            *rank += 1;
            (*rank, *entry)
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, entry)| entry).collect()
}

/// Recorded calls of one object, each on the object as the calls before left it.
fn recorded_sequences(cases: &[Case], outcomes: &[(usize, Outcome)]) -> Vec<Probe> {
    let mut groups: std::collections::BTreeMap<&str, Vec<usize>> = std::collections::BTreeMap::new();
    for (case, _) in outcomes {
        let name = cases[*case].header.sequence.as_str();
        if !name.is_empty() {
            groups.entry(name).or_default().push(*case);
        }
    }
    let related = groups.into_values().filter(|group| group.len() > 1).take(MOST_SEQUENCES);
    let carried = related.map(|mut group| {
        group.sort_by_key(|&case| cases[case].header.position);
        group.truncate(LONGEST_SEQUENCE);
        let options = vec![json!({"carry": true, "keep_state": true}); group.len()];
        Probe::sequence(group, options)
    });
    carried.collect()
}

/// One call again and again among others: with results that are changed in between, on state that
/// goes on, and on the very same arguments.
fn made_sequences(pool: &[usize], random: &mut SmallRng) -> Vec<Probe> {
    let mut found = Vec::new();
    for (index, &first) in pool.iter().enumerate().take(MOST_SEQUENCES / 3) {
        let other = pool[random.random_range(0..pool.len())];
        let near = pool[(index + 1) % pool.len()];
        found.push(Probe::sequence(vec![first, first, other, first], vec![json!({"mutate": true}); 4]));
        found.push(Probe::sequence(vec![first, near, first, other], vec![json!({"keep_state": true}); 4]));
        found.push(Probe::sequence(vec![first, first, first], vec![json!({"reuse": true, "keep_state": true, "mutate": true}); 3]));
    }
    found
}

/// The order in which candidates meet probes: a first one of each kind, cheap ones first, then the rest.
pub fn order(cases: &[Case], probes: &[Probe], costs: &[u64], seed: u64) -> Vec<usize> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..probes.len()).collect();
    order.shuffle(&mut random);
    // Costs within a factor of four count as one, so that the order stays drawn among equals.
    order.sort_by_key(|&probe| costs[probe].max(1).ilog2() / 2);
    let mut seen = std::collections::HashMap::new();
    let mut ranks = vec![0usize; probes.len()];
    for &probe in &order {
        let header = &cases[probes[probe].cases[0]].header;
        let kind = (probes[probe].is_sequence, header.types.clone(), header.ends.clone(), probes[probe].options[0].to_string());
        let rank = seen.entry(kind).or_insert(0usize);
        ranks[probe] = (*rank).min(2);
        *rank += 1;
    }
    order.sort_by_key(|&probe| (ranks[probe], probes[probe].is_sequence));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_split_as_they_were_joined() {
        let joined = framed(&json!({}), &[b"ab", b""]);
        assert_eq!(unframed(&joined).expect("whole"), [b"{}".as_slice(), b"ab", b""]);
        assert!(unframed(&joined[..joined.len() - 1]).is_none());
    }
}
