//! Cases recorded by the harness itself, and plans served without a service.

use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
};

use whetstone_core::{
    cases::{self, Case},
    plan::{
        FileEdit, TimingPlan, TimingResult,
        timing::{Explored, Series, Values},
    },
    record::{Control, Pair},
};
use whetstone_measure::block;
use whetstone_runner::{Channel, RunnerError, timing};

use crate::behaviour::{Ground, harness, start, target};

/// Captures `calls`, a Python expression that lists argument tuples, of one function of `pkg.m`.
pub fn record(ground: &Ground, interpreter: &str, function: &str, calls: &str) -> Vec<Case> {
    let script = format!(
        r#"
import sys
sys.dont_write_bytecode = True
sys.path[:0] = [{harness:?}, {tree:?}]
from whet_harness import capture, casefile, replay
import pkg.m as m
repository = capture.Repository([{tree:?}])
target = capture.Target(replay.find_function("pkg.m", "{function}"), "pkg.m", "{function}")
cases = []
for position, args in enumerate({calls}):
    snapshot = capture.before(target, args, {{}}, repository)
    result = target.function(*args)
    header = dict(id="%d" % position, mode="replay", origin="recorded", weight=1, position=position, size=snapshot.size,
                  elapsed_ns=1000, sequence="", caller="", types=snapshot.types, ends="returns", opaque=snapshot.opaque)
    assert not snapshot.opaque, snapshot.opaque
    cases.append(casefile.Case(header, snapshot.input, capture.after(snapshot, result, None)))
casefile.write({out:?}, cases)
"#,
        harness = harness(),
        tree = ground.folder.path().join("tree"),
        out = ground.folder.path().join("cases.bin"),
    );
    let ended = Command::new(interpreter).args(["-c", &script]).env("PYTHONHASHSEED", "0").output().expect("an interpreter");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    cases::read(fs::File::open(Path::new(ground.folder.path()).join("cases.bin")).expect("written")).expect("cases")
}

/// A series on the content of `pkg/m.py`; none compares the baseline with itself.
pub fn series(name: &str, content: Option<&str>, values: Values) -> Series {
    let edits = content.map(|content| FileEdit { path: "pkg/m.py".into(), content: content.into() });
    Series { name: name.into(), edits: edits.into_iter().collect(), sizes: None, values }
}

/// Takes `blocks` blocks of every series of short samples, all series together each time.
pub fn serve(
    ground: &mut Ground,
    interpreter: &str,
    function: &str,
    cases: &[Case],
    series: Vec<Series>,
    blocks: usize,
) -> Result<TimingResult, RunnerError> {
    serve_knowing(ground, interpreter, function, cases, series, blocks, None)
}

/// The same, with what an earlier plan found out.
pub fn serve_knowing(
    ground: &mut Ground,
    interpreter: &str,
    function: &str,
    cases: &[Case],
    series: Vec<Series>,
    blocks: usize,
    explored: Option<Explored>,
) -> Result<TimingResult, RunnerError> {
    let names: Vec<String> = series.iter().map(|series| series.name.clone()).collect();
    let mut controls = vec![Control::Continue { series: names }; blocks];
    controls.push(Control::Finish);
    let lines: Vec<String> = controls.iter().map(|control| serde_json::to_string(control).expect("plain data")).collect();
    let channel = Channel::over(Cursor::new(lines.join("\n") + "\n"), Box::new(Sink::default()));
    let plan = TimingPlan {
        start: start(interpreter),
        target: target(function),
        series,
        pairs: 5,
        sample_ms: 3.0,
        max_blocks: 30,
        wall_limit_s: 60.0,
        seed: 11,
        explored,
    };
    let limits = ground.limits();
    timing::serve(&plan, &mut ground.sides, cases, &limits, &channel)
}

/// The median over a series' blocks of their log ratios of CPU times.
pub fn effect(result: &TimingResult, series: &str) -> f64 {
    let blocks = result.blocks.iter().filter(|block| block.series == series);
    let effects: Vec<f64> = blocks.map(|block| block::effect(&cpu_times(&block.pairs))).collect();
    assert!(!effects.is_empty(), "no block of {series}: {:?}", result.failed);
    whetstone_measure::interval::median(&effects)
}

fn cpu_times(pairs: &[Pair]) -> Vec<(f64, f64)> {
    pairs.iter().map(|pair| (pair.baseline_cpu_ns as f64, pair.candidate_cpu_ns as f64)).collect()
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("one thread writes").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
