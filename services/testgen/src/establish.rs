//! Has the baseline repeat the recorded cases in a fresh process, and generate more.

use std::collections::BTreeMap;

use whetstone_core::{
    TargetSite,
    cases::{self, Case, CaseMode},
    job::{JobEnd, JobKind, Limits},
    plan::{
        BehaviourPlan, BehaviourResult, Plan,
        behaviour::{BehaviourMode, Generation, MinimumEvidence},
    },
};
use whetstone_proto::common::v1::{Artifact, Cost, Count, Coverage, Prepared, StageContext, TargetCases};
use whetstone_runtime::{JobBuilder, Peers, StageHandle, jobs};

use crate::{Config, Error, record::Recorded};

/// The file of recorded cases with the mode that the replay gave each.
const JUDGED_CASES: &str = "cases.bin";

/// Where the baseline is pinned down.
pub struct Establishing<'a> {
    pub config: &'a Config,
    pub peers: &'a Peers,
    pub context: &'a StageContext,
    pub prepared: &'a Prepared,
}

impl Establishing<'_> {
    /// Stores one target's recorded cases, replays them and generates; answers what is known then.
    pub async fn run(&self, site: &TargetSite, recorded: &Recorded, handle: &StageHandle) -> Result<(TargetCases, Vec<Cost>), Error> {
        let mut known = TargetCases {
            target: site.name.to_string(),
            recorded: Some(self.store(site, &recorded.cases).await?),
            recorded_count: recorded.cases.len() as u32,
            replay_count: count(&recorded.cases, CaseMode::Replay),
            rerun_count: recorded.cases.len() as u32 - count(&recorded.cases, CaseMode::Replay),
            ..Default::default()
        };
        let mut not_replayed = BTreeMap::new();
        let mut costs = Vec::new();
        if known.replay_count == 0 {
            for case in &recorded.cases {
                *not_replayed.entry(case.header.reason()).or_default() += 1;
            }
        } else {
            let job = JobBuilder::new(self.context, self.prepared, JobKind::Generate, &format!("establish/{}", site.name));
            let input = known.recorded.clone().unwrap_or_default();
            let job = job.plan(Plan::Behaviour(self.plan(site))).cases(&input).limits(Limits::standard());
            let finished = job.run(self.peers, |_, _| {}).await?;
            costs.push(finished.cost("generate"));
            match finished.succeeded() {
                Ok(()) => {
                    let result: BehaviourResult = finished.result(&self.peers.artifacts()).await?;
                    known.generated = finished.outputs.get(&result.generated).cloned();
                    if let Some(judged) = finished.outputs.get(JUDGED_CASES).filter(|_| result.generated != JUDGED_CASES) {
                        known.recorded = Some(judged.clone());
                    }
                    apply(result, &mut known, &mut not_replayed);
                }
                // It says nothing of the target; the stage ends with its job, and is done again when the run goes on.
                Err(failure) if finished.outcome.end == JobEnd::Cancelled => return Err(failure.into()),
                Err(failure) => {
                    let text = format!("{} can't be replayed in a fresh process: {}", site.name, failure.message);
                    handle.note("warning", text).await?;
                    not_replayed.insert(format!("not replayed: {}", failure.message), u64::from(known.replay_count));
                    (known.rerun_count, known.replay_count) = (known.recorded_count, 0);
                }
            }
        }
        known.dropped = counts(recorded.dropped.clone());
        known.not_replayed = counts(not_replayed);
        Ok((known, costs))
    }

    async fn store(&self, site: &TargetSite, cases: &[Case]) -> Result<Artifact, Error> {
        let mut file = Vec::new();
        cases::write(&mut file, cases).map_err(|source| Error::Cases { target: site.name.to_string(), source })?;
        Ok(self.peers.artifacts().put_bytes("recorded.bin", file, &format!("run/{}", self.context.run)).await?)
    }

    fn plan(&self, site: &TargetSite) -> BehaviourPlan {
        BehaviourPlan {
            start: jobs::start_of(self.prepared),
            target: site.clone(),
            group: Vec::new(),
            candidates: Vec::new(),
            mode: BehaviourMode::Establish,
            generation: Generation {
                cases: self.config.generated_cases,
                seconds: self.config.generation_s,
                candidate_seconds: 0.0,
                solver_seconds: 0.0,
                draws: 0,
            },
            hash_seeds: vec![0],
            minimum: MinimumEvidence { cases: 0, distinct_outcomes: 0, changed_branches: false },
            tolerance: self.context.options.clone().unwrap_or_default().tolerance,
            call_timeout_s: self.config.call_timeout_s,
            seed: self.context.seed,
        }
    }
}

fn counts(by_reason: BTreeMap<String, u64>) -> Vec<Count> {
    by_reason.into_iter().map(|(what, count)| Count { what, count }).collect()
}

fn count(cases: &[Case], mode: CaseMode) -> u32 {
    cases.iter().filter(|case| case.header.mode == mode).count() as u32
}

/// Takes over what the baseline showed.
fn apply(result: BehaviourResult, known: &mut TargetCases, not_replayed: &mut BTreeMap<String, u64>) {
    let evidence = result.baseline;
    known.replay_count = evidence.replayed;
    known.rerun_count = known.recorded_count.saturating_sub(evidence.replayed);
    known.generated_count = evidence.generated;
    known.unreached = evidence.unreached;
    known.coverage = Some(Coverage {
        lines_total: evidence.lines_total,
        lines_reached: evidence.lines_reached,
        branches_total: evidence.branches_total,
        branches_reached: evidence.branches_reached,
    });
    for (reason, count) in evidence.dropped {
        *not_replayed.entry(reason).or_default() += u64::from(count);
    }
}

#[cfg(test)]
mod tests {
    use whetstone_core::plan::behaviour::BaselineEvidence;

    use super::*;

    #[test]
    fn cases_that_the_baseline_does_not_repeat_are_counted_by_reason() {
        let baseline = BaselineEvidence {
            recorded: 10,
            replayed: 7,
            rerun: 3,
            generated: 20,
            branches_total: 4,
            branches_reached: 3,
            dropped: vec![("not the same twice".into(), 2)],
            ..Default::default()
        };
        let result = BehaviourResult { baseline, candidates: Vec::new(), generated: "generated.bin".into(), phases: Vec::new() };
        let mut known = TargetCases { recorded_count: 10, replay_count: 10, ..Default::default() };
        let mut not_replayed = BTreeMap::from([("not the same twice".to_owned(), 1)]);
        apply(result, &mut known, &mut not_replayed);
        assert_eq!((known.replay_count, known.rerun_count, known.generated_count), (7, 3, 20));
        assert_eq!(known.coverage.map(|coverage| coverage.branches_reached), Some(3));
        assert_eq!(not_replayed["not the same twice"], 3);
    }
}
