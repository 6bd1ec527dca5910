//! The sequential decision on one candidate.

use serde::{Deserialize, Serialize};

use crate::{evidence::Evidence, interval::Interval};

/// What a comparison must show and how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Least speedup that counts: 0.05 is 5 % faster.
    pub theta: f64,
    /// Chance of ever accepting a candidate that is not that much faster.
    pub alpha: f64,
    /// Chance of ever refusing a candidate that is.
    pub beta: f64,
    /// No decision falls before this many blocks.
    pub least_blocks: usize,
    /// Without a decision by then, the comparison is inconclusive.
    pub most_blocks: usize,
    /// One minus the confidence of the interval.
    pub interval_level: f64,
}

impl Default for Rule {
    fn default() -> Self {
        Self { theta: 0.05, alpha: 0.01, beta: 0.10, least_blocks: 4, most_blocks: 30, interval_level: 0.05 }
    }
}

impl Rule {
    /// The log evidence at which a candidate is accepted.
    pub fn acceptance(&self) -> f64 {
        -self.alpha.ln()
    }
}

/// How a comparison ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Accept,
    Reject,
    Inconclusive,
}

/// A decision with everything that led to it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub decision: Decision,
    pub blocks: usize,
    pub log_e_accept: f64,
    pub log_e_reject: f64,
    /// The effect as a log ratio, with its confidence sequence.
    pub effect: Interval,
}

/// A comparison while blocks arrive.
///
/// Once decided it takes no more blocks, except that an acceptance may be continued to more evidence
/// than `1/alpha` by [`Comparison::require`], as an e-process allows.
#[derive(Clone, Debug)]
pub struct Comparison {
    rule: Rule,
    required: f64,
    accept: Evidence,
    reject: Evidence,
    effects: Vec<f64>,
}

impl Comparison {
    /// Starts without blocks.
    pub fn new(rule: Rule) -> Self {
        Self { rule, required: rule.acceptance(), accept: Evidence::new(), reject: Evidence::new(), effects: Vec::new() }
    }

    /// Asks for at least this log evidence before accepting, as long as there are blocks; less than `1/alpha`
    /// changes nothing.
    pub fn require(&mut self, log_e: f64) {
        self.required = self.required.max(log_e);
    }

    /// Takes the effect of one more block; ignored once there is a decision.
    pub fn add(&mut self, effect: f64) {
        if self.decision().is_some() {
            return;
        }
        let null = self.rule.theta.ln_1p();
        self.accept.update(effect - null);
        self.reject.update(null - effect);
        self.effects.push(effect);
    }

    /// The decision, once there is one.
    pub fn decision(&self) -> Option<Decision> {
        let blocks = self.effects.len();
        if blocks >= self.rule.least_blocks {
            if self.accept.log_e() >= self.required {
                return Some(Decision::Accept);
            }
            if self.reject.log_e() >= -self.rule.beta.ln() {
                return Some(Decision::Reject);
            }
        }
        // What was asked beyond the rule's own threshold was not reached; the rule's may be.
        let at_cap = if self.accept.log_e() >= self.rule.acceptance() { Decision::Accept } else { Decision::Inconclusive };
        (blocks >= self.rule.most_blocks).then_some(at_cap)
    }

    /// The effects taken so far.
    pub fn effects(&self) -> &[f64] {
        &self.effects
    }

    /// The verdict as it stands; without a decision yet it is inconclusive.
    pub fn verdict(&self) -> Verdict {
        Verdict {
            decision: self.decision().unwrap_or(Decision::Inconclusive),
            blocks: self.effects.len(),
            log_e_accept: self.accept.log_e(),
            log_e_reject: self.reject.log_e(),
            effect: Interval::of(&self.effects, self.rule.interval_level),
        }
    }

    /// The log evidences `(for, against)` as they stand.
    pub fn log_evidence(&self) -> (f64, f64) {
        (self.accept.log_e(), self.reject.log_e())
    }
}

/// Decides on `effects` in order, stopping where the rule stops.
pub fn decide(effects: &[f64], rule: Rule) -> Verdict {
    let mut comparison = Comparison::new(rule);
    effects.iter().for_each(|effect| comparison.add(*effect));
    comparison.verdict()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_decided_before_the_fourth_block() {
        let verdict = decide(&[2.0; 3], Rule { alpha: 0.5, ..Rule::default() });
        assert_eq!((verdict.decision, verdict.blocks), (Decision::Inconclusive, 3));
        assert_eq!(decide(&[2.0; 9], Rule { alpha: 0.5, ..Rule::default() }).blocks, 4);
    }

    #[test]
    fn an_acceptance_is_continued_to_the_required_evidence_with_the_same_blocks() {
        let mut comparison = Comparison::new(Rule::default());
        while comparison.decision().is_none() {
            comparison.add(0.2);
        }
        let first = comparison.effects().len();
        comparison.require(600f64.ln());
        assert_eq!(comparison.decision(), None);
        while comparison.decision().is_none() {
            comparison.add(0.2);
        }
        assert!(comparison.effects().len() > first);
        assert!(comparison.log_evidence().0 >= 600f64.ln());
    }

    #[test]
    fn a_continued_comparison_stops_at_the_cap() {
        let mut comparison = Comparison::new(Rule::default());
        comparison.require(1e6);
        for _ in 0..40 {
            comparison.add(0.2);
        }
        assert_eq!(comparison.verdict().blocks, 30);
        assert_eq!(comparison.decision(), Some(Decision::Accept), "by the rule's own threshold");
        assert!(comparison.log_evidence().0 < 1e6);
    }
}
