//! Searches single rules and compositions of them, best first.

use std::collections::BTreeSet;

use whetstone_core::{TargetSite, observed::Observations, words::first_sentence};

use super::{Compiled, Facts, Proposal, RuleFinding, RuleSet, change, known::Known, matching::Change, transforms};
use crate::python::{
    edit,
    syntax::{Source, definition_of, line_of},
};

/// Rules that one composition takes at most.
const LONGEST: usize = 6;
/// Single proposals that are composed with each other.
const COMPOSED: usize = 4;
/// How often a rule is applied to its own result, where that may hold more for it.
const AGAIN: usize = 2;
/// Proposals for one target at most.
const MOST: usize = 40;

/// One rule with all its changes of a text.
struct Hit<'r> {
    compiled: &'r Compiled,
    changes: Vec<Change>,
    expected: f64,
}

pub(super) fn propose(set: &RuleSet, source: &str, site: &TargetSite, observations: Option<&Observations>, facts: &Facts) -> Vec<Proposal> {
    let text = source.replace("\r\n", "\n");
    let singles = singles(set, &text, site, observations, facts);
    let steady = observations.map(of_parameters);
    let mut proposals = composed(set, &text, site, steady.as_ref(), facts, &singles);
    proposals.extend(singles);
    proposals.sort_by(|one, other| {
        other.expected.total_cmp(&one.expected).then_with(|| one.rules.cmp(&other.rules)).then_with(|| one.edited.cmp(&other.edited))
    });
    let mut seen = BTreeSet::new();
    proposals.retain(|proposal| proposal.edited != text && seen.insert(proposal.edited.clone()));
    proposals.truncate(MOST);
    if source.contains("\r\n") {
        for proposal in &mut proposals {
            proposal.edited = proposal.edited.replace('\n', "\r\n");
        }
    }
    proposals
}

pub(super) fn findings(
    set: &RuleSet,
    source: &str,
    site: &TargetSite,
    observations: Option<&Observations>,
    facts: &Facts,
) -> Vec<RuleFinding> {
    let parsed = Source::parse(source);
    let Some(known) = known(&parsed, site, observations, facts) else { return Vec::new() };
    let found = |hit: &Hit<'_>, change: &Change| RuleFinding {
        rule: hit.compiled.rule.id.clone(),
        line: line_of(source, change.at.start),
        summary: first_sentence(&hit.compiled.rule.summary),
    };
    hits(set, &known).iter().flat_map(|hit| hit.changes.iter().map(|change| found(hit, change)).collect::<Vec<_>>()).collect()
}

fn known<'a>(source: &'a Source, site: &TargetSite, observations: Option<&'a Observations>, facts: &'a Facts) -> Option<Known<'a>> {
    let function =
        definition_of(edit::definition_at(source, site)?).filter(|inner| inner.kind() == "function_definition" && !inner.has_error())?;
    Some(Known::new(source, function, observations, facts))
}

/// Each rule by itself: at all its places, and at each where there are several.
fn singles(set: &RuleSet, text: &str, site: &TargetSite, observations: Option<&Observations>, facts: &Facts) -> Vec<Proposal> {
    let source = Source::parse(text);
    let Some(known) = known(&source, site, observations, facts) else { return Vec::new() };
    let mut proposals = Vec::new();
    for hit in hits(set, &known) {
        let rule = &hit.compiled.rule;
        let proposal = |changes: &[Change], expected: f64| Proposal {
            rules: vec![rule.id.clone()],
            edited: change::applied(&known, changes),
            summary: first_sentence(&rule.summary),
            expected,
        };
        let together = change::compatible(hit.changes.clone());
        proposals.push(proposal(&together, hit.expected));
        if hit.changes.len() > 1 {
            let share = 1.0 + (hit.expected - 1.0) * 0.6;
            proposals.extend(hit.changes.iter().take(4).map(|one| proposal(std::slice::from_ref(one), share)));
        }
    }
    proposals.retain(|proposal| Source::parse(proposal.edited.as_str()).error().is_none());
    proposals
}

fn hits<'r>(set: &'r RuleSet, known: &Known<'_>) -> Vec<Hit<'r>> {
    let mut hits: Vec<Hit<'r>> = set
        .rules
        .iter()
        .filter_map(|compiled| {
            let mut changes: Vec<Change> = compiled.tries.iter().flat_map(|one| one.changes(known)).collect();
            if let Some(transform) = compiled.rule.transform.as_deref().and_then(transforms::find) {
                changes.extend(transform(known));
            }
            changes.sort_by_key(|change| (std::cmp::Reverse(change.depth), change.at.start));
            let best = changes.iter().map(|change| weight(known, change)).fold(0.0, f64::max);
            (!changes.is_empty()).then_some(Hit { compiled, expected: 1.0 + (compiled.rule.expect - 1.0) * best, changes })
        })
        .collect();
    hits.sort_by(|one, other| other.expected.total_cmp(&one.expected).then_with(|| one.compiled.rule.id.cmp(&other.compiled.rule.id)));
    hits
}

/// How much of a rule's promise a place can hold: by its loops, its heat and what was observed.
fn weight(known: &Known<'_>, change: &Change) -> f64 {
    let by_depth = match change.depth {
        0 => 0.5,
        1 => 0.9,
        _ => 1.0,
    };
    let line = line_of(known.source.text(), change.at.start);
    let hot = &known.facts.hot_lines;
    let by_heat = if hot.is_empty() || hot.contains(&line) { 1.0 } else { 0.5 };
    by_depth * by_heat * change.weight
}

/// Chains: from each of the best, the next best rule is applied to what the last one gave.
fn composed(
    set: &RuleSet,
    text: &str,
    site: &TargetSite,
    observations: Option<&Observations>,
    facts: &Facts,
    singles: &[Proposal],
) -> Vec<Proposal> {
    let mut best: Vec<&Proposal> = singles.iter().collect();
    best.sort_by(|one, other| other.expected.total_cmp(&one.expected).then_with(|| one.rules.cmp(&other.rules)));
    best.dedup_by(|one, other| one.rules == other.rules);
    let order: Vec<String> = best.iter().take(LONGEST + COMPOSED).map(|proposal| proposal.rules[0].clone()).collect();
    let before = lines(&Source::parse(text), site);
    let index = before.iter().position(|line| *line == site.line).unwrap_or(0);
    let mut found = Vec::new();
    for start in best.iter().take(COMPOSED) {
        let mut current = (*start).clone();
        let others = order.iter().filter(|id| **id != start.rules[0]);
        for id in std::iter::once(&start.rules[0]).chain(others) {
            let is_new = *id != start.rules[0];
            let again = set.rules.iter().any(|compiled| compiled.rule.id == *id && compiled.rule.again);
            for _ in 0..usize::from(is_new) + if again { AGAIN } else { 0 } {
                let Some(next) = extended(set, &current, (site, index), observations, facts, id) else { break };
                found.push(next.clone());
                current = next;
            }
            if current.rules.len() == LONGEST {
                break;
            }
        }
    }
    found
}

/// What was seen of the calls as such: an edit moves positions, and leaves parameters and results alone.
fn of_parameters(observations: &Observations) -> Observations {
    Observations { positions: Vec::new(), ..observations.clone() }
}

/// `current` with a rule applied to it, if that still matches; one that it has been through adds nothing to its name.
fn extended(
    set: &RuleSet,
    current: &Proposal,
    (site, index): (&TargetSite, usize),
    observations: Option<&Observations>,
    facts: &Facts,
    id: &str,
) -> Option<Proposal> {
    let source = Source::parse(current.edited.as_str());
    let moved = TargetSite { line: *lines(&source, site).get(index)?, ..site.clone() };
    let known = known(&source, &moved, observations, facts)?;
    let compiled = set.rules.iter().find(|compiled| compiled.rule.id == id)?;
    let mut changes: Vec<Change> = compiled.tries.iter().flat_map(|one| one.changes(&known)).collect();
    if let Some(transform) = compiled.rule.transform.as_deref().and_then(transforms::find) {
        changes.extend(transform(&known));
    }
    let best = changes.iter().map(|change| weight(&known, change)).fold(0.0, f64::max);
    let together = change::compatible(changes);
    if together.is_empty() {
        return None;
    }
    let edited = change::applied(&known, &together);
    if Source::parse(edited.as_str()).error().is_some() {
        return None;
    }
    let gain = 1.0 + (compiled.rule.expect - 1.0) * best * 0.7;
    let mut next = Proposal { edited, expected: current.expected * gain, ..current.clone() };
    if !next.rules.iter().any(|known| known == id) {
        next.rules.push(id.to_owned());
        next.summary = format!("{} {}", current.summary, first_sentence(&compiled.rule.summary));
    }
    Some(next)
}

/// The lines of all definitions with the target's name: an edit moves them and keeps their order.
fn lines(source: &Source, site: &TargetSite) -> Vec<u32> {
    source.definitions(&site.name.qualname).iter().map(|node| node.start_position().row as u32 + 1).collect()
}
