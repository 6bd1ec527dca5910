//! What can go wrong while a side is timed, in words.

use super::side::Account;
use crate::{RunnerError, worker::WorkerError};

/// A failure of the baseline's worker: nothing can be measured then.
pub fn baseline_failed(error: WorkerError) -> RunnerError {
    RunnerError::Failed(format!("the baseline could not be timed: {error}"))
}

/// A failure of a candidate's worker, which refuses the candidate.
pub fn candidate_failed(error: &WorkerError) -> String {
    format!("the candidate's worker failed while it was timed: {error}")
}

/// CPU nanoseconds that a candidate's worker may spend unexplained beyond the baseline's.
const SLACK_NS: u64 = 15_000_000;

/// Compares a candidate's account with the baseline's of the same block: CPU time of the worker and
/// all its descendants must be explained by start, preparation and samples. Answers what is not.
pub fn unexplained(baseline: &Account, candidate: &Account) -> Option<String> {
    let slack = SLACK_NS + candidate.samples / 50;
    let beyond = |candidate: u64, baseline: u64| candidate.saturating_sub(baseline) > slack;
    let milliseconds = |nanoseconds: u64| nanoseconds as f64 / 1e6;
    if beyond(candidate.idle, baseline.idle) {
        return Some(format!("it used {:.0} ms of CPU while nothing was asked of it", milliseconds(candidate.idle)));
    }
    if beyond(candidate.unexplained(), baseline.unexplained()) {
        return Some(format!(
            "{:.0} ms of CPU over its life, descendants included, are explained by no sample (the baseline: {:.0} ms)",
            milliseconds(candidate.unexplained()),
            milliseconds(baseline.unexplained())
        ));
    }
    None
}

/// Compares what building arguments took over several blocks. One block alone says little where graphs are large: with
/// the processors shared, the same work has been seen to take half as much again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Builds {
    blocks: u64,
    baseline: u64,
    candidate: u64,
    samples: u64,
}

impl Builds {
    /// Blocks before which nothing is said.
    const FEWEST: u64 = 3;

    /// Adds a block; answers what a candidate does between samples that the baseline does not.
    pub fn unexplained(&mut self, baseline: &Account, candidate: &Account) -> Option<String> {
        self.blocks += 1;
        self.baseline += baseline.build;
        self.candidate += candidate.build;
        self.samples += candidate.samples;
        let slack = SLACK_NS * self.blocks + self.samples / 50;
        let is_more = self.candidate > self.baseline + self.baseline / 2 + slack;
        (is_more && self.blocks >= Self::FEWEST).then(|| {
            let each = |nanoseconds: u64| nanoseconds as f64 / 1e6 / self.blocks as f64;
            let (candidate, baseline) = (each(self.candidate), each(self.baseline));
            format!("building arguments between samples took it {candidate:.0} ms of CPU a block (the baseline: {baseline:.0} ms)")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HONEST: Account = Account { start: 50_000_000, build: 40_000_000, samples: 200_000_000, idle: 1_000_000, life: 295_000_000 };

    #[test]
    fn an_account_like_the_baselines_is_explained() {
        assert_eq!(unexplained(&HONEST, &HONEST), None);
        let quicker = Account { samples: 100_000_000, life: 196_000_000, ..HONEST };
        assert_eq!(unexplained(&HONEST, &quicker), None);
    }

    #[test]
    fn work_in_a_child_in_the_background_or_between_samples_is_noticed() {
        let child = Account { life: HONEST.life + 80_000_000, ..HONEST };
        assert!(unexplained(&HONEST, &child).is_some_and(|reason| reason.contains("descendants")));
        let background = Account { idle: 60_000_000, life: HONEST.life + 59_000_000, ..HONEST };
        assert!(unexplained(&HONEST, &background).is_some_and(|reason| reason.contains("nothing was asked")));
    }

    #[test]
    fn work_that_is_moved_between_samples_shows_over_blocks_and_a_disturbed_block_does_not() {
        let moved = Account { build: 140_000_000, life: HONEST.life + 100_000_000, ..HONEST };
        let of = |accounts: &[Account]| {
            let mut builds = Builds::default();
            accounts.iter().filter_map(|account| builds.unexplained(&HONEST, account)).count()
        };
        assert_eq!(of(&[moved; 5]), 3);
        assert_eq!(of(&[moved, HONEST, HONEST, HONEST, HONEST]), 0);
    }
}
