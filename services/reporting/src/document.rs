//! The JSON document, as `docs/schema/whetstone.schema.json` publishes it.

use whetstone_core::{
    document::{
        Artifact, Candidate, Checked, Cost, Costs, Coverage, Document, Generated, Interval, Run, Skipped, Solver, Source, Target,
        UnusedCalls,
    },
    verdict, words,
};
use whetstone_proto::common::v1::{self as proto, Effect, Gate, Verdict};

use crate::view::{TargetView, View};

/// Writes the document of a run. `outputs` are the files that stand beside it.
pub fn write(view: &View<'_>, branch: &str, outputs: &[proto::Artifact]) -> Document {
    let skipped = view.request.analysis.iter().flat_map(|analysis| &analysis.skipped);
    let skipped = skipped.chain(view.request.tests.iter().flat_map(|tests| &tests.skipped));
    Document {
        run: run(view, branch),
        source: source(view),
        targets: view.targets.iter().map(target).collect(),
        skipped: skipped.map(|one| Skipped { name: one.name.clone(), reason: one.reason.clone() }).collect(),
        costs: costs(&view.request.costs),
        artifacts: outputs.iter().map(artifact).collect(),
    }
}

fn run(view: &View<'_>, branch: &str) -> Run {
    let run = view.request.run.clone().unwrap_or_default();
    Run {
        id: run.id,
        kind: view.kind().to_owned(),
        seed: run.seed,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        optimizations: view.optimizations().count() as u32,
        workload: view.request.workload_effect.as_ref().map(interval),
        branch: (!branch.is_empty()).then(|| branch.to_owned()),
        notes: view.notes().cloned().collect(),
    }
}

fn source(view: &View<'_>) -> Source {
    let snapshot = view.request.run.as_ref().and_then(|run| run.snapshot.clone()).unwrap_or_default();
    let prepared = view.request.prepared.clone().unwrap_or_default();
    let some = |text: String| (!text.is_empty()).then_some(text);
    Source {
        name: snapshot.name,
        snapshot: snapshot.id,
        commit: some(snapshot.commit),
        branch: some(snapshot.branch),
        files: snapshot.files,
        left_out: snapshot.left_out,
        interpreter: prepared.toolchain.map(|toolchain| toolchain.version).unwrap_or_default(),
        workloads: prepared.workloads.into_iter().map(|workload| workload.command).collect(),
    }
}

fn target(view: &TargetView<'_>) -> Target {
    let cases = view.cases.map_or(0, |cases| u64::from(cases.replay_count + cases.generated_count));
    Target {
        name: view.target.name.clone(),
        file: view.target.file.clone(),
        line: view.target.line,
        share: view.target.share,
        upper_bound: view.target.upper_bound.is_finite().then_some(view.target.upper_bound),
        cases,
        rerun: view.cases.map_or(0, |cases| cases.rerun_count),
        unused_calls: view.unused_calls().map(|unused| UnusedCalls { reason: unused.what.clone(), calls: unused.count }).collect(),
        coverage: coverage(view),
        without_candidate: view.without_candidate.map(str::to_owned),
        candidates: view.candidates.iter().map(|candidate| self::candidate(candidate.candidate)).collect(),
    }
}

fn coverage(view: &TargetView<'_>) -> Coverage {
    let share = |reached: u32, total: u32| (total > 0).then(|| f64::from(reached) / f64::from(total));
    match view.coverage() {
        Some(coverage) => Coverage {
            line: share(coverage.lines_reached, coverage.lines_total),
            branch: share(coverage.branches_reached, coverage.branches_total),
        },
        None => Coverage { line: None, branch: None },
    }
}

fn candidate(candidate: &proto::Candidate) -> Candidate {
    let effect = candidate.effect.as_ref();
    Candidate {
        id: candidate.id.clone(),
        origin: candidate.origin.clone(),
        verdict: verdict_of(candidate.verdict()),
        gate: gate_of(candidate.gate()),
        reason: candidate.reason.clone(),
        effect: effect.map(|effect| effect.ratio),
        low: effect.and_then(|effect| words::known(effect.low)),
        high: effect.and_then(|effect| words::known(effect.high)),
        counterexample: candidate.counterexample.as_ref().map(|example| verdict::Counterexample {
            input: example.input.clone(),
            baseline: example.baseline.clone(),
            candidate: example.candidate.clone(),
            aspect: example.aspect.clone(),
            source: example.source.clone(),
        }),
        checked: candidate.behaviour.as_ref().map(checked),
        diff: candidate.diff.clone(),
    }
}

fn checked(evidence: &proto::BehaviourEvidence) -> Checked {
    let generated = evidence.sources.iter().map(|count| Generated { source: count.what.clone(), cases: count.count });
    Checked {
        recorded: evidence.recorded,
        rerun: evidence.rerun,
        generated: generated.collect(),
        final_cases: evidence.final_cases,
        solver: evidence.solver.as_ref().map(|solver| Solver {
            outcome: solver.outcome.clone(),
            detail: solver.detail.clone(),
            inputs: solver.inputs,
            seconds: solver.seconds,
        }),
    }
}

/// A candidate that nobody decided, because the run ended before, is inconclusive.
fn verdict_of(verdict: Verdict) -> verdict::Verdict {
    match verdict {
        Verdict::Accepted => verdict::Verdict::Accepted,
        Verdict::Rejected => verdict::Verdict::Rejected,
        Verdict::NotEnoughEvidence => verdict::Verdict::NotEnoughEvidence,
        Verdict::Inconclusive | Verdict::Unspecified => verdict::Verdict::Inconclusive,
    }
}

fn gate_of(gate: Gate) -> verdict::Gate {
    match gate {
        Gate::Static => verdict::Gate::Static,
        Gate::Behaviour => verdict::Gate::Behaviour,
        Gate::Project => verdict::Gate::Project,
        Gate::Speed | Gate::Unspecified => verdict::Gate::Speed,
        Gate::Program => verdict::Gate::Program,
    }
}

fn interval(effect: &Effect) -> Interval {
    Interval { effect: effect.ratio, low: effect.low, high: effect.high }
}

fn costs(costs: &[proto::Cost]) -> Costs {
    let entries = costs.iter().map(|cost| Cost {
        stage: cost.stage.clone(),
        unit: cost.unit.clone(),
        what: cost.what.clone(),
        quantity: cost.quantity,
        microusd: cost.microusd,
    });
    Costs { microusd: costs.iter().map(|cost| cost.microusd).sum(), entries: entries.collect() }
}

fn artifact(artifact: &proto::Artifact) -> Artifact {
    Artifact { name: artifact.name.clone(), digest: artifact.digest.clone(), size: artifact.size, path: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_document_tells_verdicts_gates_and_coverage() {
        let mut request = fixture::request();
        request.notes = vec!["no model is configured: rules alone".into()];
        let broken = "broken.py: line 4 is not valid Python".to_owned();
        request.analysis.get_or_insert_default().warnings = vec![broken.clone()];
        let document = write(&View::of(&request), "whetstone/x", &[]);
        assert_eq!((document.run.optimizations, document.run.kind.as_str()), (2, "optimize"));
        assert_eq!(document.run.notes, [broken, request.notes[0].clone()]);
        let second = &document.targets[1];
        let refused = second.candidates.iter().find(|candidate| candidate.id == "c-refused").expect("listed");
        assert_eq!((refused.verdict, refused.gate, refused.effect), (verdict::Verdict::Rejected, verdict::Gate::Behaviour, None));
        assert_eq!(document.targets[0].coverage.branch, Some(0.75));
        assert_eq!(document.targets[0].cases, 353);
        assert_eq!(second.coverage.line, None);
        assert_eq!(document.targets[0].unused_calls, [UnusedCalls { reason: "an open file".into(), calls: 2 }]);
    }
}
