//! Ranking the survivors of one target on few shared blocks.

use std::collections::BTreeMap;

use whetstone_core::{
    plan::{
        Plan, TimingPlan,
        rerun::RerunSeries,
        timing::{Series, Values},
    },
    record::Block,
};
use whetstone_measure::screen;
use whetstone_proto::{
    benchmark::v1::{ScreenRequest, ScreenResponse, Screened},
    common::v1::{Candidate, Cost},
};
use whetstone_runtime::jobs::start_of;

use crate::{
    compare::Comparer,
    convert,
    error::BenchmarkError,
    rerun,
    store::{self, Place},
    timing::{Ended, Job, Steering, effect_of, headers},
};

/// The blocks of a screen while they arrive.
#[derive(Default)]
struct Screening {
    candidates: Vec<String>,
    effects: BTreeMap<String, Vec<f64>>,
    failures: BTreeMap<String, String>,
}

impl Steering for Screening {
    fn take(&mut self, block: Block) {
        let effect = effect_of(&block, &block.clock);
        self.effects.entry(block.series).or_default().push(effect);
    }

    fn fail(&mut self, series: &str, reason: &str) {
        self.failures.insert(series.to_owned(), reason.to_owned());
    }

    /// All that have not failed, together, so that the blocks stay shared.
    fn next(&self) -> Vec<String> {
        let open = self.candidates.iter().filter(|candidate| !self.failures.contains_key(*candidate));
        open.filter(|candidate| self.effects.get(*candidate).map_or(0, Vec::len) < screen::BLOCKS as usize).cloned().collect()
    }
}

impl Screening {
    fn ranked(&self, refused: &str) -> Vec<Screened> {
        let timed: Vec<Vec<f64>> = self
            .candidates
            .iter()
            .map(|candidate| match self.failures.get(candidate) {
                Some(_) => Vec::new(),
                None => self.effects.get(candidate).cloned().unwrap_or_default(),
            })
            .collect();
        let order = screen::rank(&timed);
        let mut ranked: Vec<Screened> = order
            .iter()
            .map(|(index, effect)| Screened {
                candidate: self.candidates[*index].clone(),
                ratio: effect.exp(),
                block_log_ratios: timed[*index].clone(),
                failure: String::new(),
            })
            .collect();
        let untimed = self.candidates.iter().enumerate().filter(|(index, _)| timed[*index].is_empty());
        ranked.extend(untimed.map(|(_, candidate)| Screened {
            candidate: candidate.clone(),
            ratio: 0.0,
            block_log_ratios: Vec::new(),
            failure: self.failures.get(candidate).cloned().unwrap_or_else(|| refused.to_owned()),
        }));
        ranked
    }
}

impl Comparer {
    /// Screens all candidates in one job.
    pub async fn screen(&self, request: ScreenRequest) -> Result<ScreenResponse, BenchmarkError> {
        let context = self.handle.context().clone();
        let prepared = request.prepared.ok_or(BenchmarkError::Incomplete("prepared"))?;
        let target = request.target.ok_or(BenchmarkError::Incomplete("target"))?;
        let known = request.cases.unwrap_or_default();
        let cases = known.recorded.clone().unwrap_or_default();
        let place = Place { run: context.run.clone(), stage: "screen", subject: context.request_id.clone() };
        let kept = place.read(&self.store).await?;
        let candidates = request.candidates.iter().map(|candidate| candidate.id.clone()).collect();
        let mut screening = Screening { candidates, ..Screening::default() };
        let before = kept.blocks.iter().filter(|block| kept.blocks.first().is_some_and(|first| first.series == block.series)).count();
        kept.blocks.into_iter().for_each(|block| screening.take(block));
        kept.failures.iter().for_each(|(series, reason)| screening.fail(series, reason));
        let mut costs: Vec<Cost> = Vec::new();
        let mut refused = "it was not timed".to_owned();
        if !screening.next().is_empty() {
            let seed = context.seed.wrapping_add(before as u64 + 1);
            let headers = headers(&self.peers, &target.name, &cases).await?;
            let plan = if rerun::is_timed_in_workload(&headers, &known) {
                let series = request.candidates.iter().map(|one| RerunSeries { name: one.id.clone(), edits: convert::edits(&one.edits) });
                Plan::RerunTiming(rerun::plan(&self.config, (&prepared, &target), series.collect(), screen::BLOCKS, seed)?)
            } else {
                Plan::Timing(TimingPlan {
                    start: start_of(&prepared),
                    target: convert::site(&target)?,
                    series: request.candidates.iter().map(series).collect(),
                    pairs: screen::PAIRS,
                    sample_ms: self.config.sample_ms,
                    max_blocks: screen::BLOCKS,
                    wall_limit_s: self.config.comparison_limit_s,
                    seed,
                    explored: store::explored(&self.store, &context.run, &target.id).await?,
                })
            };
            let purpose = format!("screen/{}/{before}", target.id);
            let job = Job { context: &context, prepared: &prepared, cases: &cases, purpose: &purpose, place: &place };
            let (handle, name) = (self.handle.clone(), target.name.clone());
            let total = request.candidates.len() as u64 * u64::from(screen::BLOCKS);
            let mut done = 0;
            let told = move |_: &Block| {
                done += 1;
                handle.tick("screen", done, total, &name);
            };
            let (ended, cost) = job.run(plan, &self.peers, &self.store, &mut screening, told).await?;
            costs.push(cost);
            if let Ended::Refused(reason) = ended {
                refused = reason;
            }
        }
        Ok(ScreenResponse { candidates: screening.ranked(&refused), costs })
    }
}

fn series(candidate: &Candidate) -> Series {
    Series { name: candidate.id.clone(), edits: convert::edits(&candidate.edits), sizes: None, values: Values::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_comes_first_the_failed_last_with_its_reason() {
        let mut screening = Screening { candidates: ["a", "b", "c", "d"].map(String::from).to_vec(), ..Screening::default() };
        assert_eq!(screening.next().len(), 4);
        for (candidate, effect) in [("a", 0.1), ("b", 0.4), ("c", 0.9)] {
            screening.effects.insert(candidate.into(), vec![effect; 3]);
        }
        screening.fail("c", "it died");
        assert_eq!(screening.next(), ["d"]);
        let ranked = screening.ranked("no case");
        let order: Vec<&str> = ranked.iter().map(|screened| screened.candidate.as_str()).collect();
        assert_eq!(order, ["b", "a", "c", "d"]);
        assert_eq!((ranked[2].failure.as_str(), ranked[3].failure.as_str()), ("it died", "no case"));
        assert!((ranked[0].ratio - 0.4f64.exp()).abs() < 1e-9);
    }
}
