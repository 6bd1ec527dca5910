//! Gate 2 for calls that no replay shows faithfully: the workloads run with each side, in one job for all
//! candidates of a target.

use std::{collections::BTreeMap, time::Duration};

use whetstone_core::{
    TargetSite,
    job::{JobEnd, JobKind, Limits},
    plan::{
        Plan, RerunPlan, RerunResult,
        behaviour::{CandidateSide, Conclusion, MinimumEvidence},
        rerun::CandidateRerun,
    },
    record::Record,
    words,
};
use whetstone_languages::python::static_gate;
use whetstone_proto::common::v1::{BehaviourEvidence, Candidate, Cost, Gate, TargetCases, Verdict};
use whetstone_runtime::{JobBuilder, StageHandle, jobs};

use crate::{
    Config, Error,
    behaviour::{Subject, counterexample, set_name, side},
};

/// Hash seeds under which the workloads run; where a replay decides, the first is enough to refuse.
const HASH_SEEDS: [u32; 2] = [0, 1];
/// How many times as long as plainly a run may take: what it looks at costs time.
const SLACK: f64 = 5.0;
const SHORTEST_TIMEOUT_S: f64 = 120.0;
/// Runs of every command that the last candidate may need once it has begun.
const RUNS_OF_ONE: f64 = 12.0;

/// Why a candidate that may be written for the workload's calls alone is not accepted on them.
const UNVARIED: &str = "the same in every call of the re-run workload, but the target's inputs can't be varied there: answers that are \
                        written for these inputs could not be told from right ones, so only a change by a rule of Whetstone's that leaves \
                        out no call of the program's is accepted";
const REMEMBERS: &str = "the same in every call of the re-run workload, but it keeps something from one call to the next, and inputs by \
                         which that could go wrong or grow can't be tried there";

/// What a re-run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Too few cases can be replayed: the re-run is the behaviour gate.
    Gate,
    /// A replay has decided; calls that it could not show may still refuse.
    Refusal,
}

/// Why a candidate is not accepted on re-run alone, if nothing differs: no rule of Whetstone's makes its change (`ours` are
/// those that one makes), or what it keeps can't be driven with other inputs.
pub fn objection(candidate: &Candidate, ours: &[Candidate], source: &str, site: &TargetSite) -> Option<&'static str> {
    if !ours.iter().any(|own| own.edits == candidate.edits) {
        return Some(UNVARIED);
    }
    let edited = candidate.edits.first()?;
    let keeps = static_gate::private_state(source, &edited.content, site).iter().any(|state| state.is_mutable);
    keeps.then_some(REMEMBERS)
}

/// Whether a target's candidates are judged by re-run: it has calls, and too few of them can be replayed.
pub fn decides(config: &Config, cases: &TargetCases) -> bool {
    cases.rerun_count > 0 && cases.replay_count + cases.generated_count < config.minimum_cases
}

/// What a re-run gave beside its verdicts.
#[derive(Default)]
pub struct Reran {
    pub costs: Vec<Cost>,
    /// Which calls are no evidence, for people; empty if all are.
    pub note: String,
}

fn no_evidence(dropped: &[(String, u32)]) -> String {
    if dropped.is_empty() {
        return String::new();
    }
    let calls = words::count(dropped.iter().map(|(_, calls)| u64::from(*calls)).sum(), "call");
    let reasons: Vec<String> = dropped.iter().map(|(reason, calls)| format!("{reason} ({})", words::thousands((*calls).into()))).collect();
    format!("no evidence by re-run are {calls}: {}", reasons.join("; "))
}

impl Subject<'_> {
    /// Judges every undecided candidate and writes what was compared, its verdict and counterexample into it.
    /// `objection` says why a candidate is not accepted though nothing differs.
    pub async fn rerun(
        &self,
        candidates: &mut [Candidate],
        purpose: Purpose,
        objection: impl Fn(&Candidate) -> Option<&'static str>,
        handle: &StageHandle,
    ) -> Result<Reran, Error> {
        let undecided = |candidate: &&mut Candidate| candidate.verdict == i32::from(Verdict::Unspecified);
        let sides: Vec<CandidateSide> = candidates.iter_mut().filter(undecided).map(|candidate| side(candidate)).collect();
        if sides.is_empty() {
            return Ok(Reran::default());
        }
        let total = sides.len() as u64;
        let name = if purpose == Purpose::Gate { "rerun" } else { "rerun-final" };
        let job_name = format!("{name}/{}", set_name(self.site, &sides));
        let plan = self.rerun_plan(sides, purpose);
        let mut limits = Limits::standard();
        let last = plan.timeout_s * plan.commands.len().max(1) as f64 * RUNS_OF_ONE;
        limits.wall = Duration::from_secs_f64(plan.limit_s + last);
        limits.cpu = limits.wall * 2;
        let job = JobBuilder::new(self.context, self.prepared, JobKind::Behaviour, &job_name).plan(Plan::Rerun(plan)).limits(limits);
        let (mut decided, progress) = (0, handle.clone());
        let finished = job
            .run(self.peers, |record, _| match record {
                Record::Decided { .. } => {
                    decided += 1;
                    progress.tick("re-run", decided, total, "");
                }
                Record::Progress { note, .. } => progress.tick("re-run", decided, total, &note),
                _ => {}
            })
            .await?;
        let costs = vec![finished.cost(self.stage)];
        if matches!(finished.outcome.end, JobEnd::TimedOut | JobEnd::OutputTooLarge | JobEnd::OutOfMemory)
            && let Err(failure) = finished.succeeded()
        {
            let reason = format!("the workload could not be re-run: {}", failure.message);
            handle.note("warning", format!("{}: {reason}", self.site.name)).await?;
            if purpose == Purpose::Gate {
                candidates.iter_mut().filter(undecided).for_each(|candidate| decide(candidate, Verdict::NotEnoughEvidence, reason.clone()));
            }
            return Ok(Reran { costs, ..Reran::default() });
        }
        finished.succeeded()?;
        let result: RerunResult = finished.result(&self.peers.artifacts()).await?;
        let mut by_id: BTreeMap<String, CandidateRerun> = result.candidates.into_iter().map(|one| (one.id.clone(), one)).collect();
        for candidate in candidates.iter_mut().filter(undecided) {
            let found = by_id.remove(&candidate.id);
            let found = found.ok_or_else(|| Error::Internal(format!("the re-run left out {}", candidate.id)))?;
            let objection = objection(candidate);
            apply(candidate, found, purpose, objection);
        }
        Ok(Reran { costs, note: no_evidence(&result.baseline.dropped) })
    }

    fn rerun_plan(&self, candidates: Vec<CandidateSide>, purpose: Purpose) -> RerunPlan {
        let options = self.context.options.clone().unwrap_or_default();
        let longest = self.prepared.workloads.iter().map(|workload| workload.wall_s).fold(0.0, f64::max);
        let (minimum, seeds) = match purpose {
            Purpose::Gate => {
                let (cases, distinct_outcomes) = (self.config.minimum_cases, self.config.minimum_distinct_outcomes);
                (MinimumEvidence { cases, distinct_outcomes, changed_branches: true }, &HASH_SEEDS[..])
            }
            Purpose::Refusal => (MinimumEvidence { cases: 0, distinct_outcomes: 0, changed_branches: false }, &HASH_SEEDS[..1]),
        };
        RerunPlan {
            start: jobs::start_of(self.prepared),
            commands: self.prepared.workloads.iter().map(|workload| workload.command.clone()).collect(),
            target: self.site.clone(),
            candidates,
            first_calls: self.config.rerun_calls,
            hash_seeds: seeds.to_vec(),
            minimum,
            tolerance: options.tolerance,
            timeout_s: (longest * SLACK).max(SHORTEST_TIMEOUT_S),
            limit_s: self.config.rerun_limit_s,
        }
    }
}

fn apply(candidate: &mut Candidate, found: CandidateRerun, purpose: Purpose, objection: Option<&str>) {
    let evidence = candidate.behaviour.get_or_insert_with(BehaviourEvidence::default);
    evidence.rerun = found.compared;
    if purpose == Purpose::Gate {
        evidence.seeds = found.seeds;
        evidence.changed_branches = found.changed_branches;
        evidence.changed_branches_reached = found.changed_branches_reached;
    }
    let (verdict, reason) = match (found.conclusion, purpose, objection) {
        (Conclusion::Different | Conclusion::Failed, ..) => (Verdict::Rejected, found.reason),
        (Conclusion::NotEnoughEvidence, Purpose::Gate, _) => (Verdict::NotEnoughEvidence, found.reason),
        (Conclusion::Same, Purpose::Gate, Some(objection)) => (Verdict::NotEnoughEvidence, objection.to_owned()),
        (Conclusion::Same | Conclusion::NotEnoughEvidence, ..) => return,
    };
    candidate.counterexample = found.counterexample.map(counterexample);
    decide(candidate, verdict, reason);
}

fn decide(candidate: &mut Candidate, verdict: Verdict, reason: String) {
    candidate.verdict = verdict.into();
    candidate.gate = Gate::Behaviour.into();
    candidate.reason = reason;
}

#[cfg(test)]
mod tests {
    use whetstone_core::TargetName;
    use whetstone_proto::common::v1::FileEdit;

    use super::*;

    fn found(conclusion: Conclusion) -> CandidateRerun {
        CandidateRerun {
            id: "c".into(),
            conclusion,
            reason: "why".into(),
            counterexample: None,
            compared: 30,
            seeds: 2,
            changed_branches: 1,
            changed_branches_reached: 1,
            seconds: 0.1,
        }
    }

    fn applied(conclusion: Conclusion, purpose: Purpose, objection: Option<&str>) -> Candidate {
        let mut candidate = Candidate::default();
        apply(&mut candidate, found(conclusion), purpose, objection);
        candidate
    }

    #[test]
    fn on_re_run_alone_only_a_change_without_objection_goes_on() {
        let ours = applied(Conclusion::Same, Purpose::Gate, None);
        assert_eq!((ours.verdict(), ours.behaviour.expect("judged").rerun), (Verdict::Unspecified, 30));
        let theirs = applied(Conclusion::Same, Purpose::Gate, Some("why not"));
        assert_eq!((theirs.verdict(), theirs.gate(), theirs.reason.as_str()), (Verdict::NotEnoughEvidence, Gate::Behaviour, "why not"));
        assert_eq!(applied(Conclusion::Different, Purpose::Gate, Some("why not")).verdict(), Verdict::Rejected);
    }

    #[test]
    fn beside_a_replay_it_refuses_and_asks_for_no_evidence_of_its_own() {
        assert_eq!(applied(Conclusion::Same, Purpose::Refusal, None).verdict(), Verdict::Unspecified);
        assert_eq!(applied(Conclusion::NotEnoughEvidence, Purpose::Refusal, None).verdict(), Verdict::Unspecified);
        assert_eq!(applied(Conclusion::Different, Purpose::Refusal, None).verdict(), Verdict::Rejected);
    }

    #[test]
    fn what_no_rule_of_ours_makes_and_what_is_kept_between_calls_meets_an_objection() {
        let before = "def f(file):\n    return file.name\n";
        let site = TargetSite { name: TargetName::new("m", "f"), file: "m.py".into(), line: 1, end_line: 2 };
        let made =
            |content: &str| Candidate { edits: vec![FileEdit { path: "m.py".into(), content: content.into() }], ..Candidate::default() };
        let objection = |content: &str, ours: &[Candidate]| objection(&made(content), ours, before, &site);
        let (plain, memo) =
            ("def f(file):\n    return str(file.name)\n", "_M = {}\ndef f(file):\n    _M[file] = 1\n    return file.name\n");
        assert_eq!(objection(plain, &[]), Some(UNVARIED));
        assert_eq!(objection(plain, &[made(plain)]), None);
        assert_eq!(objection(memo, &[made(memo)]), Some(REMEMBERS));
    }

    #[test]
    fn calls_that_are_no_evidence_are_told_by_reason() {
        let dropped = [("not the same twice".to_owned(), 1200), ("its end can't be seen: socket".to_owned(), 3)];
        let told = "no evidence by re-run are 1,203 calls: not the same twice (1,200); its end can't be seen: socket (3)";
        assert_eq!((no_evidence(&dropped).as_str(), no_evidence(&[]).as_str()), (told, ""));
    }

    #[test]
    fn it_decides_where_calls_were_recorded_and_too_few_can_be_replayed() {
        let config = Config::default();
        let cases = |replay_count, rerun_count| TargetCases { replay_count, rerun_count, ..TargetCases::default() };
        assert!(decides(&config, &cases(0, 24)) && decides(&config, &cases(3, 1)));
        assert!(!decides(&config, &cases(0, 0)) && !decides(&config, &cases(40, 5)));
    }
}
