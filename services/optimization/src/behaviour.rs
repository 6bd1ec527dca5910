//! Gate 2: candidates against recorded and generated cases, in one job for all of them.

use std::collections::BTreeMap;

use whetstone_core::{
    Digest, TargetSite, cases,
    job::{JobKind, Limits},
    plan::{
        self, BehaviourPlan, Plan,
        behaviour::{
            BehaviourMode, BehaviourResult, CandidateBehaviour, CandidateSide, Conclusion, Generation, MinimumEvidence, SolverReport,
        },
    },
    record::Record,
    verdict,
};
use whetstone_proto::common::{
    self,
    v1::{Artifact, BehaviourEvidence, Candidate, Cost, Count, Counterexample, Gate, Prepared, StageContext, TargetCases, Verdict},
};
use whetstone_runtime::{JobBuilder, Peers, StageHandle, jobs};

use crate::{Config, Error, rerun};

const HASH_SEEDS: [u32; 3] = [0, 1, 4_294_967_295];
const CALL_TIMEOUT_S: f64 = 10.0;

/// What the gate needs to know of one target.
pub struct Subject<'a> {
    pub config: &'a Config,
    pub peers: &'a Peers,
    pub context: &'a StageContext,
    pub prepared: &'a Prepared,
    pub site: &'a TargetSite,
    pub cases: &'a TargetCases,
    pub stage: &'static str,
    /// Processor seconds of the differential search beside a final set; 0 for none.
    pub solver_s: f64,
}

impl Subject<'_> {
    /// Judges every undecided candidate and writes its evidence, verdict and counterexample into it.
    pub async fn judge(&self, candidates: &mut [Candidate], mode: BehaviourMode, handle: &StageHandle) -> Result<Vec<Cost>, Error> {
        let undecided = |candidate: &&mut Candidate| candidate.verdict == i32::from(Verdict::Unspecified);
        let sides: Vec<CandidateSide> = candidates.iter_mut().filter(undecided).map(|candidate| side(candidate)).collect();
        if sides.is_empty() {
            return Ok(Vec::new());
        }
        let all_cases = self.all_cases().await?;
        let total = sides.len() as u64;
        let purpose = format!("{}/{}", mode_name(mode), set_name(self.site, &sides));
        let job = JobBuilder::new(self.context, self.prepared, JobKind::Behaviour, &purpose)
            .plan(Plan::Behaviour(self.plan(sides, mode)))
            .cases(&all_cases)
            .limits(Limits::standard());
        let mut decided = 0;
        let progress = handle.clone();
        let finished = job
            .run(self.peers, |record, _| {
                if let Record::Decided { .. } = record {
                    decided += 1;
                    progress.tick("behaviour", decided, total, "");
                }
            })
            .await?;
        finished.succeeded()?;
        let result: BehaviourResult = finished.result(&self.peers.artifacts()).await?;
        let mut by_id: BTreeMap<String, CandidateBehaviour> = result.candidates.into_iter().map(|one| (one.id.clone(), one)).collect();
        for candidate in candidates.iter_mut().filter(undecided) {
            let behaviour = by_id.remove(&candidate.id);
            let behaviour = behaviour.ok_or_else(|| Error::Internal(format!("the behaviour job left out {}", candidate.id)))?;
            apply(candidate, behaviour, mode);
        }
        Ok(vec![finished.cost(self.stage)])
    }

    fn plan(&self, candidates: Vec<CandidateSide>, mode: BehaviourMode) -> BehaviourPlan {
        let options = self.context.options.clone().unwrap_or_default();
        BehaviourPlan {
            start: jobs::start_of(self.prepared),
            target: self.site.clone(),
            group: Vec::new(),
            candidates,
            mode,
            generation: Generation {
                cases: self.config.generated_cases,
                seconds: self.config.generation_s,
                candidate_seconds: self.config.candidate_generation_s,
                solver_seconds: if mode == BehaviourMode::Final { self.solver_s } else { 0.0 },
                draws: if mode == BehaviourMode::Final { self.config.drawn_cases } else { 0 },
            },
            hash_seeds: HASH_SEEDS.to_vec(),
            minimum: self.minimum(),
            tolerance: options.tolerance,
            call_timeout_s: CALL_TIMEOUT_S,
            seed: seed_for(self.context.seed, mode),
        }
    }

    /// Where the re-run asks for the evidence, the few cases that can be replayed only refuse.
    fn minimum(&self) -> MinimumEvidence {
        if rerun::decides(self.config, self.cases) {
            return MinimumEvidence { cases: 0, distinct_outcomes: 0, changed_branches: false };
        }
        let (cases, distinct_outcomes) = (self.config.minimum_cases, self.config.minimum_distinct_outcomes);
        MinimumEvidence { cases, distinct_outcomes, changed_branches: true }
    }

    /// Recorded and generated cases in one file.
    async fn all_cases(&self) -> Result<Artifact, Error> {
        let artifacts = self.peers.artifacts();
        let unreadable = |error: std::io::Error| Error::Internal(format!("cases of {}: {error}", self.site.name));
        let mut all = Vec::new();
        for part in [&self.cases.recorded, &self.cases.generated].into_iter().flatten() {
            let bytes = artifacts.get_bytes(part).await?;
            all.extend(cases::read(bytes.as_ref()).map_err(unreadable)?);
        }
        let mut file = Vec::new();
        cases::write(&mut file, &all).map_err(unreadable)?;
        Ok(artifacts.put_bytes("cases.bin", file, &format!("run/{}", self.context.run)).await?)
    }
}

/// The final set is drawn apart from everything that gave feedback.
fn seed_for(seed: u64, mode: BehaviourMode) -> u64 {
    match mode {
        BehaviourMode::Establish | BehaviourMode::Judge => seed,
        BehaviourMode::Final => seed.rotate_left(32) ^ 0x5DEE_CE66_D1CE_4E5B,
    }
}

fn mode_name(mode: BehaviourMode) -> &'static str {
    match mode {
        BehaviourMode::Establish => "establish",
        BehaviourMode::Judge => "behaviour",
        BehaviourMode::Final => "final",
    }
}

/// Names the job by what it judges, so that a repeated stage finds it again.
pub fn set_name(site: &TargetSite, sides: &[CandidateSide]) -> String {
    let ids: Vec<&str> = sides.iter().map(|side| side.id.as_str()).collect();
    Digest::of(format!("{}\n{}", site.name, ids.join("\n")).as_bytes()).short().to_owned()
}

/// The candidate as a runner judges it.
pub fn side(candidate: &Candidate) -> CandidateSide {
    CandidateSide { id: candidate.id.clone(), edits: edits_of(candidate) }
}

/// The candidate's edits as a runner takes them.
pub fn edits_of(candidate: &Candidate) -> Vec<plan::FileEdit> {
    candidate.edits.iter().map(|edit| plan::FileEdit { path: edit.path.clone(), content: edit.content.clone() }).collect()
}

/// A runner's counterexample as it is stored.
pub fn counterexample(example: verdict::Counterexample) -> Counterexample {
    let verdict::Counterexample { input, baseline, candidate, aspect, source } = example;
    Counterexample { input, baseline, candidate, aspect, source }
}

fn apply(candidate: &mut Candidate, behaviour: CandidateBehaviour, mode: BehaviourMode) {
    let evidence = candidate.behaviour.get_or_insert_with(BehaviourEvidence::default);
    if mode == BehaviourMode::Final {
        evidence.final_cases = behaviour.recorded_compared + behaviour.generated_compared + behaviour.sequences_compared;
    } else {
        evidence.recorded = behaviour.recorded_compared;
        evidence.generated = behaviour.generated_compared;
        evidence.sequences = behaviour.sequences_compared;
        evidence.seeds = behaviour.seeds;
        evidence.changed_branches = behaviour.changed_branches;
        evidence.changed_branches_reached = behaviour.changed_branches_reached;
    }
    for (source, count) in behaviour.sources {
        match evidence.sources.iter_mut().find(|known| known.what == source) {
            Some(known) => known.count += u64::from(count),
            None => evidence.sources.push(Count { what: source, count: count.into() }),
        }
    }
    if let Some(report) = behaviour.solver {
        let SolverReport { outcome, detail, inputs, seconds } = report;
        evidence.solver = Some(common::v1::SolverReport { outcome: outcome.name().into(), detail, inputs, seconds });
    }
    if !behaviour.memo.is_empty() {
        candidate.memo = behaviour.memo;
    }
    candidate.counterexample = behaviour.counterexample.map(counterexample);
    candidate.verdict = match behaviour.conclusion {
        Conclusion::Same => return,
        Conclusion::Different | Conclusion::Failed => Verdict::Rejected,
        Conclusion::NotEnoughEvidence => Verdict::NotEnoughEvidence,
    }
    .into();
    candidate.gate = Gate::Behaviour.into();
    candidate.reason = behaviour.reason;
}

#[cfg(test)]
mod tests {
    use whetstone_core::plan::behaviour::SolverOutcome;

    use super::*;

    fn behaviour(conclusion: Conclusion) -> CandidateBehaviour {
        CandidateBehaviour {
            id: "c".into(),
            conclusion,
            reason: "why".into(),
            counterexample: None,
            recorded_compared: 5,
            generated_compared: 7,
            sequences_compared: 0,
            seeds: 3,
            changed_branches: 1,
            changed_branches_reached: 1,
            memo: String::new(),
            sources: vec![("relatives".into(), 7)],
            solver: None,
            seconds: 0.1,
        }
    }

    #[test]
    fn a_survivor_stays_undecided_and_a_failure_is_decided_at_the_behaviour_gate() {
        let mut survivor = Candidate::default();
        apply(&mut survivor, behaviour(Conclusion::Same), BehaviourMode::Judge);
        assert_eq!((survivor.verdict(), survivor.behaviour.map(|evidence| evidence.generated)), (Verdict::Unspecified, Some(7)));
        let mut failed = Candidate::default();
        apply(&mut failed, behaviour(Conclusion::Failed), BehaviourMode::Judge);
        assert_eq!((failed.verdict(), failed.gate(), failed.reason.as_str()), (Verdict::Rejected, Gate::Behaviour, "why"));
    }

    #[test]
    fn cases_add_up_by_source_over_both_sets_and_the_search_is_told() {
        let mut candidate = Candidate::default();
        apply(&mut candidate, behaviour(Conclusion::Same), BehaviourMode::Judge);
        let report = SolverReport { outcome: SolverOutcome::NotReproduced, detail: "why".into(), inputs: 2, seconds: 1.5 };
        let last = CandidateBehaviour { solver: Some(report), ..behaviour(Conclusion::Same) };
        apply(&mut candidate, last, BehaviourMode::Final);
        let evidence = candidate.behaviour.expect("judged");
        assert_eq!((evidence.sources.len(), evidence.sources[0].count), (1, 14));
        assert_eq!(evidence.solver.expect("asked for").outcome, "not_reproduced");
    }

    #[test]
    fn the_final_set_is_drawn_apart() {
        assert_ne!(seed_for(7, BehaviourMode::Final), seed_for(7, BehaviourMode::Judge));
    }
}
