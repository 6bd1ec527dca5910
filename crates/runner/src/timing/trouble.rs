//! What can go wrong while a side is timed, in words.

use whetstone_core::plan::timing::DIFFERENT_OUTCOME;

use super::side::Account;
use crate::{
    RunnerError,
    behaviour::{
        graph::{self, Node},
        show,
    },
    worker::WorkerError,
};

/// A failure of the baseline's worker: nothing can be measured then.
pub fn baseline_failed(error: WorkerError) -> RunnerError {
    RunnerError::Failed(format!("the baseline could not be timed: {error}"))
}

/// A failure of a candidate's worker, which refuses the candidate.
pub fn candidate_failed(error: &WorkerError) -> String {
    format!("the candidate's worker failed while it was timed: {error}")
}

/// What is said of the first of some calls that ended otherwise than the baseline's: what it was called with, as the baseline
/// left it, and both ends, as far as they can be shown.
pub fn another_outcome(name: &str, baseline: &[Vec<u8>], candidate: &[Vec<u8>]) -> String {
    let differing = baseline.iter().zip(candidate).find(|(ours, theirs)| ours != theirs);
    match differing.and_then(|(ours, theirs)| call_that_differs(name, ours, theirs)) {
        Some(told) => format!("{DIFFERENT_OUTCOME}: {told}"),
        None => DIFFERENT_OUTCOME.to_owned(),
    }
}

/// Outcomes come as `(whether it returned, the value or exception, the arguments after the call)` (timing.py).
fn call_that_differs(name: &str, baseline: &[u8], candidate: &[u8]) -> Option<String> {
    let (ours, theirs) = (graph::parse(baseline)?, graph::parse(candidate)?);
    let end = |outcome: &Node| Some([show::value(outcome.children.first()?), show::value(outcome.children.get(1)?)]);
    let arguments = |outcome: &Node| Some(show::value(outcome.children.get(2)?));
    let text = |[returned, value]: [String; 2]| if returned == "True" { value } else { format!("raises {value}") };
    let called = show::call(name, &Node { children: vec![ours.children.get(2)?.clone()], ..ours.clone() });
    let (was, is) = (text(end(&ours)?), text(end(&theirs)?));
    if was != is {
        return Some(format!("{called} -> {is}, was {was}"));
    }
    let (was, is) = (arguments(&ours)?, arguments(&theirs)?);
    (was != is).then(|| format!("{called} leaves {is}, was {was}"))
}

/// CPU nanoseconds a block that a candidate's worker may spend unexplained beyond the baseline's.
const SLACK_NS: u64 = 15_000_000;

/// The accounts of a candidate's blocks beside the baseline's: CPU time of the worker and all its descendants must be
/// explained by start, preparation and samples.
///
/// One block alone says little: on a busy machine the same work has been seen to take half as much again, and what a
/// worker does after an answer to take 30 ms.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ledger {
    blocks: u64,
    baseline: Account,
    candidate: Account,
}

impl Ledger {
    /// Blocks before which nothing is said.
    const FEWEST: u64 = 3;

    /// Adds a block; answers what the candidate does outside of its samples that the baseline does not.
    pub fn unexplained(&mut self, baseline: &Account, candidate: &Account) -> Option<String> {
        self.blocks += 1;
        self.baseline += *baseline;
        self.candidate += *candidate;
        if self.blocks < Self::FEWEST {
            return None;
        }
        let (baseline, candidate) = (&self.baseline, &self.candidate);
        let slack = SLACK_NS * self.blocks + candidate.samples / 50;
        let each = |nanoseconds: u64| nanoseconds as f64 / 1e6 / self.blocks as f64;
        if candidate.idle > baseline.idle + slack {
            return Some(format!(
                "it used {:.0} ms of CPU a block while nothing was asked of it (the baseline: {:.0} ms)",
                each(candidate.idle),
                each(baseline.idle)
            ));
        }
        if candidate.unexplained() > baseline.unexplained() + slack {
            return Some(format!(
                "{:.0} ms of CPU a block over its life, descendants included, are explained by no sample (the baseline: {:.0} ms)",
                each(candidate.unexplained()),
                each(baseline.unexplained())
            ));
        }
        // Building arguments differs more from one process to the next where graphs are large.
        (candidate.build > baseline.build + baseline.build / 2 + slack).then(|| {
            format!(
                "building arguments between samples took it {:.0} ms of CPU a block (the baseline: {:.0} ms)",
                each(candidate.build),
                each(baseline.build)
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HONEST: Account = Account { start: 50_000_000, build: 40_000_000, samples: 200_000_000, idle: 1_000_000, life: 295_000_000 };

    /// What is said of each of some blocks.
    fn said(accounts: &[Account]) -> Vec<String> {
        let mut ledger = Ledger::default();
        accounts.iter().filter_map(|account| ledger.unexplained(&HONEST, account)).collect()
    }

    #[test]
    fn an_account_like_the_baselines_is_explained() {
        let quicker = Account { samples: 100_000_000, life: 196_000_000, ..HONEST };
        assert!(said(&[HONEST, quicker, HONEST, quicker]).is_empty());
    }

    #[test]
    fn work_in_a_child_in_the_background_or_between_samples_is_noticed() {
        let child = Account { life: HONEST.life + 80_000_000, ..HONEST };
        assert!(said(&[child; 5]).len() == 3 && said(&[child; 3])[0].contains("descendants"));
        let background = Account { idle: 60_000_000, life: HONEST.life + 59_000_000, ..HONEST };
        assert!(said(&[background; 3])[0].contains("nothing was asked"));
        let moved = Account { build: 140_000_000, life: HONEST.life + 100_000_000, ..HONEST };
        assert!(said(&[moved; 3])[0].contains("between samples"));
    }

    #[test]
    fn a_disturbed_block_among_others_is_no_work_of_the_candidates() {
        let idle = Account { idle: 31_000_000, life: HONEST.life + 30_000_000, ..HONEST };
        let slow = Account { build: 140_000_000, life: HONEST.life + 100_000_000, ..HONEST };
        assert!(said(&[idle, HONEST, HONEST, HONEST]).is_empty());
        assert!(said(&[slow, HONEST, HONEST, HONEST, HONEST]).is_empty());
    }
}
