//! A small run for the tests of every form of the report.

use whetstone_proto::{
    analysis::v1::AnalyzeResponse,
    benchmark::v1::{BlockEffect, Comparison, SizeClass, TargetBaseline},
    common::v1::{
        BehaviourEvidence, Candidate, Count, Counterexample, Coverage, Effect, FileEdit, Gate, Prepared, Target, TargetCases, Toolchain,
        Verdict, Workload,
    },
    reporting::v1::BuildReportRequest,
    repository::v1::{Run, RunKind, Snapshot},
    testgen::v1::GenerateTestsResponse,
};

pub const BEFORE: &str = "def f(x):\n    return [y for y in x]\n\n\ndef g(x):\n    return sum(x)\n";

fn edit(content: String) -> Vec<FileEdit> {
    vec![FileEdit { path: "shop/rules.py".into(), content }]
}

/// Two targets; one accepted candidate each, and one refused with a counterexample.
pub fn request() -> BuildReportRequest {
    let target = |name: &str, line: u32, share: f64| Target {
        id: format!("id-{line}"),
        name: name.into(),
        file: "shop/rules.py".into(),
        line,
        end_line: line + 1,
        share,
        upper_bound: 1.0 / (1.0 - share),
        calls: 1284,
        ..Target::default()
    };
    let accepted = |id: &str, target: &str, content: String| Candidate {
        id: id.into(),
        target: target.into(),
        origin: "copy-of-list".into(),
        summary: "Copies the list in C.".into(),
        diff: "--- a/shop/rules.py\n+++ b/shop/rules.py\n@@ -2 +2 @@\n-    return [y for y in x]\n+    return list(x)\n".into(),
        edits: edit(content),
        verdict: Verdict::Accepted.into(),
        gate: Gate::Program.into(),
        effect: Some(Effect { ratio: 1.94, low: 1.88, high: 2.01 }),
        behaviour: Some(BehaviourEvidence { recorded: 143, generated: 210, seeds: 3, tests_passed: 214, ..BehaviourEvidence::default() }),
        ..Candidate::default()
    };
    let refused = Candidate {
        id: "c-refused".into(),
        target: "shop.rules:g".into(),
        origin: "sum-of-generator".into(),
        verdict: Verdict::Rejected.into(),
        gate: Gate::Behaviour.into(),
        reason: "the result differs: g([-0.0]) -> 0.0 <b>, was -0.0".into(),
        counterexample: Some(Counterexample {
            input: "g([-0.0])".into(),
            baseline: "-0.0".into(),
            candidate: "0.0 <b>".into(),
            aspect: "result".into(),
            source: "generated".into(),
        }),
        ..Candidate::default()
    };
    let comparison = Comparison {
        candidate: "c-1".into(),
        decision: "accept".into(),
        blocks: 2,
        clock: "cpu".into(),
        block_effects: vec![BlockEffect { log_ratio: 0.66, low: 0.3, high: 0.9 }, BlockEffect { log_ratio: 0.67, low: 0.5, high: 0.8 }],
        sizes: vec![
            SizeClass { smallest: 1, largest: 10, baseline_ns: 1e3, candidate_ns: 6e2, ..SizeClass::default() },
            SizeClass { smallest: 100, largest: 200, baseline_ns: 1e5, candidate_ns: 2e4, ..SizeClass::default() },
        ],
        ..Comparison::default()
    };
    let coverage = Some(Coverage { lines_total: 2, lines_reached: 2, branches_total: 4, branches_reached: 3 });
    let cases = TargetCases {
        target: "shop.rules:f".into(),
        replay_count: 143,
        generated_count: 210,
        coverage,
        not_replayed: vec![Count { what: "an open file".into(), count: 2 }],
        ..TargetCases::default()
    };
    let snapshot = Snapshot {
        id: "5".repeat(64),
        name: "shop".into(),
        commit: "3f2c1a9bb".into(),
        branch: "main".into(),
        files: 7,
        ..Snapshot::default()
    };
    BuildReportRequest {
        run: Some(Run { id: "01RUN".into(), kind: RunKind::Optimize.into(), snapshot: Some(snapshot), seed: 7, ..Run::default() }),
        prepared: Some(Prepared {
            toolchain: Some(Toolchain { language: "python".into(), version: "3.11.7".into(), ..Toolchain::default() }),
            workloads: vec![Workload { command: "python -m pytest".into(), tests_passed: 214, wall_s: 18.2, ..Workload::default() }],
            ..Prepared::default()
        }),
        analysis: Some(AnalyzeResponse {
            targets: vec![target("shop.rules:f", 1, 0.25), target("shop.rules:g", 5, 0.1)],
            ..AnalyzeResponse::default()
        }),
        tests: Some(GenerateTestsResponse { targets: vec![cases], ..GenerateTestsResponse::default() }),
        candidates: vec![
            accepted("c-1", "shop.rules:f", BEFORE.replace("[y for y in x]", "list(x)")),
            refused,
            accepted("c-2", "shop.rules:g", BEFORE.replace("sum(x)", "fsum(x)")),
        ],
        baselines: vec![TargetBaseline { target: "id-1".into(), median_call_ns: 4.2e5, noise_between: 0.02, ..TargetBaseline::default() }],
        comparisons: vec![comparison],
        workload_effect: Some(Effect { ratio: 1.31, low: 1.27, high: 1.35 }),
        ..BuildReportRequest::default()
    }
}
