//! Plans of timing by re-run.

use std::fs;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use whetstone_core::{
    job::{JobEnd, JobKind, JobOutcome},
    plan::{FileEdit, Plan, RerunTimingPlan, TimingResult, rerun::RerunSeries},
    port::{RunningJob, Sandbox, sandbox::Prepared},
    record::{Block, Control, Record},
    target::{TargetName, TargetSite},
};
use whetstone_measure::block;

use crate::support::{Host, spec, start};

const SLOW: &str =
    "def f(file):\n    seen = []\n    for value in file:\n        if value not in seen:\n            seen.append(value)\n    return seen\n";
const FAST: &str = "def f(file):\n    return list(dict.fromkeys(file))\n";
/// Half of the time goes elsewhere, and the second command does not call the target.
const MAIN: &str = "
import m, tempfile
for turn in range(3):
    with tempfile.TemporaryFile('w+') as file:
        file.writelines('%d\\n' % number for number in range(900))
        file.seek(0)
        m.f(file)
sum(number * number for number in range(400_000))
";

fn plan(series: Vec<RerunSeries>) -> RerunTimingPlan {
    RerunTimingPlan {
        start: start(),
        commands: vec!["python main.py".into(), "python -c pass".into()],
        target: TargetSite { name: TargetName::new("m", "f"), file: "m.py".into(), line: 1, end_line: 6 },
        series,
        sample_ms: 10.0,
        max_blocks: 2,
        least_blocks: 1,
        timeout_s: 60.0,
        wall_limit_s: 60.0,
        seed: 5,
    }
}

fn series(name: &str, content: Option<&str>) -> RerunSeries {
    let edits = content.map(|content| FileEdit { path: "m.py".into(), content: content.into() });
    RerunSeries { name: name.into(), edits: edits.into_iter().collect() }
}

async fn served(main: &str, plan: RerunTimingPlan) -> (JobOutcome, Vec<Record>, Option<TimingResult>) {
    let host = Host::new();
    host.write("m.py", SLOW);
    host.write("main.py", main);
    let names = plan.series.iter().map(|series| series.name.clone()).collect();
    let mut spec = spec("true");
    (spec.kind, spec.plan) = (JobKind::Timing, Plan::RerunTiming(plan));
    let (records, mut received) = mpsc::channel(64);
    let (controls, to_runner) = mpsc::channel(8);
    for control in [Control::Continue { series: names }, Control::Finish] {
        controls.send(control).await.expect("room for two");
    }
    let prepared = Prepared { inputs: host.inputs.clone(), output: host.output.clone(), proxy: None };
    let channels = RunningJob { records, controls: to_runner, cancel: CancellationToken::new() };
    let collect = async {
        let mut all = Vec::new();
        while let Some(record) = received.recv().await {
            all.push(record);
        }
        all
    };
    let (outcome, records) = tokio::join!(host.sandbox.run(&spec, prepared, channels), collect);
    let result = fs::read(host.output.join("result.json")).ok().map(|text| serde_json::from_slice(&text).expect("a timing result"));
    (outcome.expect("bubblewrap works here"), records, result)
}

fn effect(block: &Block) -> f64 {
    block::effect(&block.pairs.iter().map(|pair| (pair.baseline_cpu_ns as f64, pair.candidate_cpu_ns as f64)).collect::<Vec<_>>())
}

#[tokio::test]
async fn blocks_of_whole_runs_tell_faster_code_from_equal_code() {
    let both = vec![series("same", None), series("fast", Some(FAST))];
    let (outcome, records, result) = served(MAIN, plan(both)).await;
    let result = result.unwrap_or_else(|| panic!("no result: {outcome:?}"));
    let blocks = records.iter().filter(|record| matches!(record, Record::Block(_))).count();
    assert_eq!((blocks, result.blocks.len(), result.in_workload), (2, 2, true), "{:?}", result.failed);
    // A quick machine runs the workload, with three calls, more than once for a sample.
    assert!(result.calls_per_sample >= 3 && result.calls_per_sample % 3 == 0, "{}", result.calls_per_sample);
    let find = |name: &str| result.blocks.iter().find(|block| block.series == name).expect("both were asked for");
    assert!(effect(find("fast")) > 1.5 && effect(find("same")).abs() < 0.5, "{} {}", effect(find("fast")), effect(find("same")));
    assert!(result.harness_share < 0.01, "{}", result.harness_share);
    // What is not the target's is the same on both sides, however fast the target is.
    let [ours, theirs] = find("fast").startup_ns.map(|nanoseconds| nanoseconds as f64);
    assert!((ours / theirs).ln().abs() < 0.5, "{ours} {theirs}");
}

#[tokio::test]
async fn a_candidate_after_which_the_workload_ends_otherwise_fails_its_series() {
    let wrong = "def f(file):\n    raise SystemExit(3)\n";
    let (_, _, result) = served(MAIN, plan(vec![series("wrong", Some(wrong)), series("fast", Some(FAST))])).await;
    let result = result.expect("a result");
    assert_eq!(result.failed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["wrong"]);
    assert!(result.failed[0].1.contains("status [3"), "{:?}", result.failed);
    assert_eq!(result.blocks.len(), 1);
}

#[tokio::test]
async fn what_can_not_be_timed_is_refused_with_the_reason() {
    let refusal = async |main: &str, plan: RerunTimingPlan| {
        let (outcome, _, result) = served(main, plan).await;
        assert!(outcome.end == JobEnd::Failed && result.is_none());
        outcome.message
    };
    let one = || vec![series("fast", Some(FAST))];
    let idle = refusal("import m\n", plan(one())).await;
    assert!(idle.contains("no call of the target was seen"), "{idle}");
    let short = refusal("import m, io\nm.f(io.StringIO('a'))\n", plan(one())).await;
    assert!(short.contains("too little to be timed"), "{short}");
    let brief = refusal("import m\nfor number in range(200_000):\n    m.f(())\n", plan(one())).await;
    assert!(brief.contains("is the stopwatch's own"), "{brief}");
    let long = refusal(MAIN, RerunTimingPlan { least_blocks: 4000, ..plan(one()) }).await;
    assert!(long.contains("too long for 4000 blocks"), "{long}");
}
