//! The gates that only a winner meets: a fresh final set, the project's tests, whole programs.

use std::collections::BTreeMap;

use futures::future::try_join;

use whetstone_codehost::merge::{self, Edits};
use whetstone_core::plan::behaviour::BehaviourMode;
use whetstone_core::{TargetSite, plan};
use whetstone_proto::{
    common::v1::{Candidate, Cost, Counterexample, Gate, Prepared, StageContext, Target, TargetCases, Verdict},
    optimization::v1::{ConfirmRequest, ConfirmResponse, ProgramRun},
};
use whetstone_runtime::{Peers, StageHandle};

use crate::{
    Config, Error,
    behaviour::{Subject, edits_of},
    candidates,
    optimize::site_of,
    program, project,
    rerun::{self, Purpose},
    tree::Tree,
};

/// What confirming needs besides the request.
pub struct Confirmation {
    pub config: Config,
    pub peers: Peers,
    pub store: whetstone_store::Store,
}

impl Confirmation {
    /// Puts one candidate, or all accepted ones together, through the last gates.
    pub async fn run(&self, request: ConfirmRequest, handle: StageHandle) -> Result<ConfirmResponse, Error> {
        let context = request.context.clone().ok_or(Error::Missing("context"))?;
        let prepared = request.prepared.clone().ok_or(Error::Missing("prepared"))?;
        let mut response = ConfirmResponse { candidates: request.candidates.clone(), ..ConfirmResponse::default() };
        let mut edits = self.joined(&prepared, &response.candidates).await?;
        handle.progress("project", 0, 2, "the final set and the repository's tests").await;
        // Side by side: neither is timed, and seldom is one of them in vain.
        let final_sets = self.final_sets(&context, &prepared, &request, &mut response.candidates, &handle);
        let (costs, mut tests) = try_join(final_sets, project::run(&self.peers, &context, &prepared, &edits)).await?;
        response.costs.extend(costs);
        let standing: Vec<Candidate> = response.candidates.iter().filter(|one| !is_refused(one)).cloned().collect();
        if standing.is_empty() {
            response.costs.extend(tests.costs);
            return self.saved(&context, response).await;
        }
        if standing.len() < response.candidates.len() {
            edits = self.joined(&prepared, &standing).await?;
            response.costs.extend(std::mem::take(&mut tests.costs));
            tests = project::run(&self.peers, &context, &prepared, &edits).await?;
        }
        let (tests, by_chance) = project::settled(&self.peers, &context, &prepared, &edits, tests).await?;
        if !by_chance.is_empty() {
            let names = by_chance.into_iter().collect::<Vec<_>>().join(", ");
            handle.progress("project", 1, 2, &format!("failed once of three runs, which is no refusal: {names}")).await;
        }
        response.costs.extend(tests.costs);
        if let Some((reason, example)) = tests.refusal {
            refuse_all(&mut response.candidates, Gate::Project, &reason, Some(&example));
            return self.saved(&context, response).await;
        }
        response.candidates.iter_mut().filter_map(|one| one.behaviour.as_mut()).for_each(|evidence| evidence.tests_passed = tests.passed);
        handle.progress("program", 1, 2, "whole programs").await;
        let predicted = predicted_ratio(&standing, &request.targets);
        let programs = program::run(&self.config, &self.peers, &context, &prepared, &edits, predicted).await?;
        response.costs.extend(programs.costs);
        let ids: Vec<String> = standing.iter().map(|candidate| candidate.id.clone()).collect();
        response.programs = programs.runs.into_iter().map(|run| ProgramRun { candidates: ids.clone(), ..run }).collect();
        response.workload_effect = programs.effect;
        if let Some(reason) = programs.refusal {
            refuse_all(&mut response.candidates, Gate::Program, &reason, None);
        }
        self.saved(&context, response).await
    }

    async fn saved(&self, context: &StageContext, response: ConfirmResponse) -> Result<ConfirmResponse, Error> {
        candidates::save(&self.store, &context.run, 0, &response.candidates).await?;
        Ok(response)
    }

    async fn final_sets(
        &self,
        context: &StageContext,
        prepared: &Prepared,
        request: &ConfirmRequest,
        decided: &mut [Candidate],
        handle: &StageHandle,
    ) -> Result<Vec<Cost>, Error> {
        let cases: BTreeMap<&str, &TargetCases> = request.cases.iter().map(|cases| (cases.target.as_str(), cases)).collect();
        let mut costs = Vec::new();
        if request.program_only {
            return Ok(costs);
        }
        for target in &request.targets {
            let site = site_of(target)?;
            let cases = cases.get(target.name.as_str()).ok_or(Error::Missing("cases of a target"))?;
            let subject = Subject { solver_s: request.solver_s, ..self.subject(context, prepared, &site, cases) };
            // Where a re-run was the behaviour gate, there is nothing that a final set could be drawn from.
            if rerun::decides(&self.config, cases) {
                continue;
            }
            for candidate in decided.iter_mut().filter(|candidate| candidate.target == target.name) {
                let before = std::mem::replace(&mut candidate.verdict, Verdict::Unspecified.into());
                costs.extend(subject.judge(std::slice::from_mut(candidate), BehaviourMode::Final, handle).await?);
                if cases.rerun_count > 0 {
                    costs.extend(subject.rerun(std::slice::from_mut(candidate), Purpose::Refusal, |_| None, handle).await?.costs);
                }
                if candidate.verdict() == Verdict::Unspecified {
                    candidate.verdict = before;
                }
            }
        }
        Ok(costs)
    }

    fn subject<'a>(
        &'a self,
        context: &'a StageContext,
        prepared: &'a Prepared,
        site: &'a TargetSite,
        cases: &'a TargetCases,
    ) -> Subject<'a> {
        Subject { config: &self.config, peers: &self.peers, context, prepared, site, cases, stage: "compare", solver_s: 0.0 }
    }

    async fn joined(&self, prepared: &Prepared, candidates: &[Candidate]) -> Result<Vec<plan::FileEdit>, Error> {
        if let [only] = candidates {
            return Ok(edits_of(only));
        }
        let artifact = prepared.tree.as_ref().ok_or(Error::Missing("tree"))?;
        let tree = Tree::read(&self.peers.artifacts(), artifact, &[".py"]).await?;
        let base = |path: &str| tree.file(path).unwrap_or_default().to_owned();
        let mut merged = Edits::new();
        for candidate in candidates {
            let edits = candidate.edits.iter().map(|edit| (edit.path.clone(), edit.content.clone())).collect();
            merged = merge::merge(base, &merged, &edits).map_err(|conflict| Error::Internal(conflict.to_string()))?;
        }
        Ok(merged.into_iter().map(|(path, content)| plan::FileEdit { path, content }).collect())
    }
}

fn is_refused(candidate: &Candidate) -> bool {
    matches!(candidate.verdict(), Verdict::Rejected | Verdict::NotEnoughEvidence | Verdict::Inconclusive)
}

fn refuse_all(candidates: &mut [Candidate], gate: Gate, reason: &str, example: Option<&Counterexample>) {
    for candidate in candidates.iter_mut().filter(|candidate| !is_refused(candidate)) {
        candidate.verdict = Verdict::Rejected.into();
        candidate.gate = gate.into();
        candidate.reason = reason.to_owned();
        candidate.counterexample = example.cloned();
    }
}

/// Amdahl: what the workload gains if each target is as much faster as its confirmed effect.
fn predicted_ratio(candidates: &[Candidate], targets: &[Target]) -> f64 {
    let share_of = |name: &str| targets.iter().find(|target| target.name == name).map_or(0.0, |target| target.share);
    let saved = |candidate: &Candidate| {
        let ratio = candidate.effect.as_ref().map_or(1.0, |effect| effect.ratio);
        share_of(&candidate.target) * (1.0 - 1.0 / ratio.max(1e-9))
    };
    let left = 1.0 - candidates.iter().map(saved).sum::<f64>();
    1.0 / left.clamp(0.01, 1.0)
}

#[cfg(test)]
mod tests {
    use whetstone_proto::common::v1::Effect;

    use super::*;

    #[test]
    fn halving_half_of_the_workload_makes_it_a_third_faster() {
        let effect = Some(Effect { ratio: 2.0, low: 1.9, high: 2.1 });
        let candidate = Candidate { target: "m:f".into(), effect, ..Candidate::default() };
        let target = Target { name: "m:f".into(), share: 0.5, ..Target::default() };
        assert!((predicted_ratio(&[candidate], &[target]) - 4.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_refusal_leaves_those_alone_that_were_refused_before() {
        let mut candidates = [
            Candidate { verdict: Verdict::Rejected.into(), reason: "first".into(), ..Candidate::default() },
            Candidate { verdict: Verdict::Accepted.into(), ..Candidate::default() },
        ];
        refuse_all(&mut candidates, Gate::Project, "a test fails", None);
        assert_eq!(candidates.each_ref().map(|candidate| candidate.reason.as_str()), ["first", "a test fails"]);
        assert_eq!(candidates[1].gate(), Gate::Project);
    }
}
