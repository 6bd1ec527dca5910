//! A timing plan inside the sandbox: clocks are read, memory is kept apart, blocks are streamed.

use std::{fs, process::Command};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use whetstone_core::{
    job::JobKind,
    plan::{
        CASES_INPUT, FileEdit, Plan, TimingPlan, TimingResult,
        timing::{Series, Values},
    },
    port::{RunningJob, Sandbox, sandbox::Prepared},
    record::{Control, Record},
    target::{TargetName, TargetSite},
};
use whetstone_measure::block;
use whetstone_testkit::python;

use crate::support::{Host, spec, start};

const SLOW: &str = "def f(values):\n    seen = []\n    for value in values:\n        if value not in seen:\n            seen.append(value)\n    return seen\n";
const FAST: &str = "def f(values):\n    return list(dict.fromkeys(values))\n";

/// Records calls outside of any sandbox, as a workload would have.
fn record(host: &Host) -> std::path::PathBuf {
    let harness = concat!(env!("CARGO_MANIFEST_DIR"), "/../languages/src/python/harness");
    let out = host.tree.with_file_name("cases.bin");
    let script = format!(
        r#"
import sys
sys.dont_write_bytecode = True
sys.path[:0] = [{harness:?}, {tree:?}]
from whet_harness import capture, casefile
import m
target = capture.Target(m.f, "m", "f")
cases = []
for position in range(6):
    snapshot = capture.before(target, ([(i * position) % 53 for i in range(70)],), {{}}, capture.Repository([{tree:?}]))
    header = dict(id=str(position), mode="replay", origin="recorded", weight=1, position=position, size=snapshot.size, elapsed_ns=1000,
                  sequence="", caller="", types="", ends="returns", opaque="")
    cases.append(casefile.Case(header, snapshot.input, b""))
casefile.write({out:?}, cases)
"#,
        tree = host.tree,
    );
    let ended = Command::new(python::interpreter().executable).args(["-c", &script]).output().expect("an interpreter");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    out
}

#[tokio::test]
async fn blocks_are_taken_in_bubblewrap_and_tell_faster_code_from_equal_code() {
    let mut host = Host::new();
    host.write("m.py", SLOW);
    let cases = record(&host);
    host.inputs.push((cases, CASES_INPUT.into()));
    let fast = vec![FileEdit { path: "m.py".into(), content: FAST.into() }];
    let series = |name: &str, edits| Series { name: name.into(), edits, sizes: None, values: Values::Unknown };
    let plan = TimingPlan {
        start: start(),
        target: TargetSite { name: TargetName::new("m", "f"), file: "m.py".into(), line: 1, end_line: 6 },
        series: vec![series("same", Vec::new()), series("fast", fast)],
        pairs: 5,
        sample_ms: 3.0,
        max_blocks: 2,
        wall_limit_s: 60.0,
        seed: 5,
        explored: None,
    };
    let mut spec = spec("true");
    (spec.kind, spec.plan) = (JobKind::Timing, Plan::Timing(plan));
    let (records, mut received) = mpsc::channel(64);
    let (controls, to_runner) = mpsc::channel(8);
    for control in [Control::Continue { series: vec!["same".into(), "fast".into()] }, Control::Finish] {
        controls.send(control).await.expect("room for two");
    }
    let prepared = Prepared { inputs: host.inputs.clone(), output: host.output.clone(), proxy: None };
    let channels = RunningJob { records, controls: to_runner, cancel: CancellationToken::new() };
    let collect = async {
        let mut blocks = 0;
        while let Some(record) = received.recv().await {
            blocks += usize::from(matches!(record, Record::Block(_)));
        }
        blocks
    };
    let (outcome, blocks) = tokio::join!(host.sandbox.run(&spec, prepared, channels), collect);
    let outcome = outcome.expect("bubblewrap works here");
    let text = fs::read(host.output.join("result.json")).unwrap_or_else(|error| panic!("no result: {error}; {outcome:?}"));
    let result: TimingResult = serde_json::from_slice(&text).expect("a timing plan's result");
    assert_eq!((blocks, result.blocks.len()), (2, 2), "{:?}", result.failed);
    let effect = |name: &str| {
        let block = result.blocks.iter().find(|block| block.series == name).expect("both were asked for");
        assert_eq!(block.clock, "cpu");
        block::effect(&block.pairs.iter().map(|pair| (pair.baseline_cpu_ns as f64, pair.candidate_cpu_ns as f64)).collect::<Vec<_>>())
    };
    // One block each: under load by others its worker can be half as fast throughout.
    assert!(effect("fast") > effect("same") + 0.5, "{} {}", effect("fast"), effect("same"));
    assert!(result.machine.clock_step_ns < 100_000);
}
