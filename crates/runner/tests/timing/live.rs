//! Rates of the default rule on this machine: identical code, and true effects of 1.10 and 1.50.
//!
//! Ignored by default, since it takes an hour. `loadtests/live-rates` runs it and keeps its table.

use std::{
    io::{self, Write},
    os::unix::net::UnixStream,
    process::{Child, Command},
};

use whetstone_core::{
    cases::Case,
    plan::{TimingPlan, timing::Values},
    record::{Control, Record},
};
use whetstone_measure::{Comparison, Decision, Rule, block};
use whetstone_runner::{Channel, timing};

use crate::{
    behaviour::{Ground, interpreter, start, target},
    support::{record, series},
};

/// Does `units` units of work on its input that leave no trace in the result.
fn source(units: u32) -> String {
    format!(
        "def f(values):\n    total = 0\n    for _ in range({units}):\n        for value in values:\n            total ^= value\n    return values[0]\n"
    )
}

/// The service's side of a timing plan: takes blocks until the rule decides.
struct Decider {
    comparison: Comparison,
    controls: UnixStream,
    decided: std::sync::mpsc::Sender<(Option<Decision>, usize)>,
}

impl Decider {
    fn hear(&mut self, record: &Record) -> io::Result<()> {
        match record {
            Record::Block(block) => {
                let pairs: Vec<(f64, f64)> =
                    block.pairs.iter().map(|pair| (pair.baseline_cpu_ns as f64, pair.candidate_cpu_ns as f64)).collect();
                self.comparison.add(block::effect(&pairs));
            }
            Record::Progress { phase, .. } if phase == "ready" => {}
            _ => return Ok(()),
        }
        let control = match self.comparison.decision() {
            None => Control::Continue { series: vec!["main".into()] },
            Some(_) => Control::Finish,
        };
        let _ = self.decided.send((self.comparison.decision(), self.comparison.effects().len()));
        writeln!(self.controls, "{}", serde_json::to_string(&control)?)
    }
}

impl Write for Decider {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hear(&serde_json::from_slice(bytes)?)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One comparison of the baseline with `content`, or with itself.
fn compare(ground: &mut Ground, cases: &[Case], content: Option<&str>, seed: u64) -> (Option<Decision>, usize) {
    let (ours, theirs) = UnixStream::pair().expect("sockets");
    let (decided, decisions) = std::sync::mpsc::channel();
    let decider = Decider { comparison: Comparison::new(Rule::default()), controls: ours, decided };
    let channel = Channel::over(theirs, Box::new(decider));
    let plan = TimingPlan {
        start: start(&interpreter()),
        target: target("f"),
        series: vec![series("main", content, Values::Unknown)],
        pairs: 0,
        sample_ms: 10.0,
        max_blocks: 30,
        wall_limit_s: 600.0,
        seed,
        explored: None,
    };
    let limits = ground.limits();
    timing::serve(&plan, &mut ground.sides, cases, &limits, &channel).expect("a sound baseline");
    drop(channel);
    decisions.iter().last().unwrap_or((None, 0))
}

/// Keeps every core busy until dropped.
struct Load(Vec<Child>);

impl Load {
    fn on_every_core() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let spin = || Command::new(interpreter()).args(["-c", "while True: pass"]).spawn().expect("an interpreter");
        Self((0..cores).map(|_| spin()).collect())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
#[ignore = "takes an hour; loadtests/live-rates runs it"]
fn live_rates() {
    let count = |name: &str, default: u64| std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default);
    let (identical, effects, first) = (count("IDENTICAL", 200), count("EFFECTS", 50), count("FIRST", 0));
    println!("| load | true effect | comparisons | accepted | refused | inconclusive | blocks, mean |");
    println!("|---|---|---|---|---|---|---|");
    let loads = std::env::var("LOADS").unwrap_or_else(|_| "idle busy".into());
    for busy in loads.split_whitespace().map(|load| load == "busy") {
        let _load = busy.then(Load::on_every_core);
        for (units, wanted) in [(100, identical), (110, effects), (150, effects)] {
            let mut ground = Ground::new(&source(units));
            let cases = record(&ground, &interpreter(), "f", "[([i * j % 89 + 3 for i in range(40)],) for j in range(6)]");
            let candidate = (units != 100).then(|| source(100));
            let ended: Vec<(Option<Decision>, usize)> =
                (first..first + wanted).map(|seed| compare(&mut ground, &cases, candidate.as_deref(), seed)).collect();
            let of = |decision: Decision| ended.iter().filter(|(found, _)| *found == Some(decision)).count();
            let blocks = ended.iter().map(|(_, blocks)| *blocks as f64).sum::<f64>() / ended.len().max(1) as f64;
            println!(
                "| {} | {:.2} | {wanted} | {} | {} | {} | {blocks:.1} |",
                if busy { "every core busy" } else { "idle" },
                f64::from(units) / 100.0,
                of(Decision::Accept),
                of(Decision::Reject),
                of(Decision::Inconclusive)
            );
            match units {
                100 => assert_eq!(of(Decision::Accept), 0, "identical code was accepted"),
                110 => assert!(of(Decision::Accept) as f64 >= 0.9 * wanted as f64, "a true 1.10 was missed"),
                _ => assert_eq!(of(Decision::Accept) as u64, wanted, "a true 1.50 was missed"),
            }
        }
    }
}
