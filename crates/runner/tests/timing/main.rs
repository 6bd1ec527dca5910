//! Timing with real interpreters and workers, without a sandbox around them.

#[path = "../behaviour/support.rs"]
#[allow(dead_code)]
mod behaviour;
mod live;
mod support;

use behaviour::{Ground, interpreter, interpreters};
use support::{effect, record, series, serve, serve_knowing};
use whetstone_core::plan::timing::Values;

const SLOW: &str = "
def f(values):
    seen = []
    for value in values:
        if value not in seen:
            seen.append(value)
    return seen
";
const FAST: &str = "
def f(values):
    return list(dict.fromkeys(values))
";
const LISTS: &str = "[([(i * j) % 97 for i in range(60 + j)],) for j in range(8)]";
/// Where effects are asserted: under load by others a worker can be half as fast for its whole block.
const BLOCKS: usize = 5;

#[test]
fn every_interpreter_tells_faster_code_from_equal_code_on_values_that_nobody_knows() {
    for interpreter in interpreters() {
        let mut ground = Ground::new(SLOW);
        let cases = record(&ground, &interpreter, "f", LISTS);
        let wanted = vec![series("same", None, Values::Unknown), series("fast", Some(FAST), Values::Unknown)];
        let result = serve(&mut ground, &interpreter, "f", &cases, wanted, BLOCKS).expect("a sound baseline");
        assert_eq!(result.failed, [], "{interpreter}");
        assert!(result.unknown_share > 0.9, "{interpreter}: {}", result.unknown_share);
        assert!(effect(&result, "fast") > 0.7, "{interpreter}: {}", effect(&result, "fast"));
        assert!(effect(&result, "same").abs() < 0.35, "{interpreter}: {}", effect(&result, "same"));
        // In milliseconds a sample, which the length of these short samples does not change.
        let own_ms = result.harness_share * result.explored.trial.sample_ms;
        assert!(own_ms < 0.5, "{interpreter}: {own_ms} ms");
        let block = &result.blocks[0];
        assert_eq!((block.pairs.len(), block.clock.as_str()), (5, "cpu"), "{interpreter}");
        assert!(block.life_ns[0] > block.startup_ns[0] && block.startup_ns[0] > 0);
    }
}

#[test]
fn a_target_that_waits_is_timed_by_wall_time_less_its_queue() {
    let waiting = "import time\ndef f(seconds):\n    time.sleep(seconds)\n    return seconds\n";
    let mut ground = Ground::new(waiting);
    let cases = record(&ground, &interpreter(), "f", "[(0.001 + i / 100000,) for i in range(8)]");
    let result = serve(&mut ground, &interpreter(), "f", &cases, vec![series("same", None, Values::Known)], 1).expect("a sound baseline");
    assert_eq!(result.blocks[0].clock, "wall_less_queue");
}

#[test]
fn what_is_known_of_the_baseline_is_not_found_out_again_but_for_other_cases() {
    let mut ground = Ground::new(SLOW);
    let cases = record(&ground, &interpreter(), "f", LISTS);
    let first = serve(&mut ground, &interpreter(), "f", &cases, vec![series("same", None, Values::Known)], 1).expect("a sound baseline");
    assert_eq!(first.explored.cases.len(), cases.len());
    let mut known = first.explored;
    // A mark that exploring would not leave.
    known.trial.sample_ms = 123.0;
    let wanted = || vec![series("fast", Some(FAST), Values::Unknown)];
    let again = serve_knowing(&mut ground, &interpreter(), "f", &cases, wanted(), BLOCKS, Some(known.clone())).expect("a sound baseline");
    assert_eq!(again.explored, known);
    assert!(again.unknown_share > 0.9 && effect(&again, "fast") > 0.7, "{} {}", again.unknown_share, effect(&again, "fast"));
    let fewer = serve_knowing(&mut ground, &interpreter(), "f", &cases[1..], wanted(), 1, Some(known)).expect("a sound baseline");
    assert!(fewer.explored.trial.sample_ms < 100.0, "{}", fewer.explored.trial.sample_ms);
}

#[test]
fn a_candidate_that_answers_otherwise_or_dies_fails_alone() {
    let mut ground = Ground::new(SLOW);
    let cases = record(&ground, &interpreter(), "f", LISTS);
    let wrong = SLOW.replace("return seen", "return seen[::-1]");
    let dying = "import os, gc\ndef f(values):\n    os._exit(1)\n";
    let wanted = vec![
        series("wrong", Some(&wrong), Values::Unknown),
        series("dying", Some(dying), Values::Unknown),
        series("fast", Some(FAST), Values::Unknown),
    ];
    let result = serve(&mut ground, &interpreter(), "f", &cases, wanted, 2).expect("a sound baseline");
    let reason = |name: &str| result.failed.iter().find(|(series, _)| series == name).map(|(_, reason)| reason.clone());
    let told = reason("wrong").expect("it is refused");
    assert!(told.contains("another outcome") && told.contains(": f([") && told.contains("], was ["), "{told}");
    assert!(reason("dying").is_some_and(|reason| reason.contains("worker failed")));
    assert_eq!(result.blocks.iter().filter(|block| block.series == "fast").count(), 2);
    assert_eq!(result.failed.len(), 2);
}

#[test]
fn answers_kept_from_known_values_gain_nothing_on_unknown_ones() {
    let mut ground = Ground::new(SLOW);
    let cases = record(&ground, &interpreter(), "f", LISTS);
    let memo = format!(
        "KEPT = {{}}\n{}",
        SLOW.replace("def f(values):\n", "def f(values):\n    key = tuple(values)\n    if key in KEPT:\n        return list(KEPT[key])\n")
            .replace("return seen", "KEPT[key] = tuple(seen)\n    return seen")
    );
    let wanted = vec![series("unknown", Some(&memo), Values::Unknown), series("known", Some(&memo), Values::Known)];
    let result = serve(&mut ground, &interpreter(), "f", &cases, wanted, BLOCKS).expect("a sound baseline");
    assert!(effect(&result, "known") > 1.0, "{}", effect(&result, "known"));
    assert!(effect(&result, "unknown") < 0.2, "{}", effect(&result, "unknown"));
}

#[test]
fn work_that_was_moved_to_a_thread_or_a_child_is_noticed() {
    let mut ground = Ground::new(SLOW);
    let cases = record(&ground, &interpreter(), "f", LISTS);
    let child = format!(
        "import os, time\npid = os.fork()\nif not pid:\n    end = time.process_time() + 0.1\n    while time.process_time() < end: pass\n    os._exit(0)\nos.waitpid(pid, 0)\n{FAST}"
    );
    let thread = format!("import threading\ndef spin():\n    while True: pass\nthreading.Thread(target=spin, daemon=True).start()\n{FAST}");
    let wanted = vec![series("child", Some(&child), Values::Unknown), series("thread", Some(&thread), Values::Unknown)];
    let result = serve(&mut ground, &interpreter(), "f", &cases, wanted, 3).expect("a sound baseline");
    assert!(result.failed.iter().any(|(name, reason)| name == "child" && reason.contains("descendants")), "{:?}", result.failed);
    let is_wall = result.blocks.iter().any(|block| block.series == "thread" && block.clock == "wall");
    assert!(is_wall || result.failed.iter().any(|(name, _)| name == "thread"), "{:?}", result.failed);
}

const OBJECTS: &str = "
import enum

class Colour(enum.Enum):
    RED = 1
    BLUE = 2

class Point:
    __slots__ = ('x', 'y')
    def __init__(self, x, y):
        self.x, self.y = x, y

class Row(list):
    pass

class Table:
    def __init__(self, rows, colour):
        self.rows = rows
        self.colour = colour

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)

    def lengths(self, points):
        assert self.colour is Colour.BLUE
        for row in self.rows:
            for point in points:
                yield row[0] * point.x + point.y
";

#[test]
fn graphs_with_instances_are_built_again_and_lazy_results_are_used_up() {
    let mut ground = Ground::new(OBJECTS);
    let calls = "[(m.Table([m.Row([i, j]) for i in range(20)], m.Colour.BLUE), [m.Point(float(i) + 0.5, 1000 * i) for i in range(9)]) for j in range(4)]";
    let cases = record(&ground, &interpreter(), "Table.lengths", calls);
    let slow = OBJECTS.replace("yield row[0]", "sorted(range(50)); yield row[0]");
    let wanted = vec![series("slower", Some(&slow), Values::Unknown)];
    let result = serve(&mut ground, &interpreter(), "Table.lengths", &cases, wanted, BLOCKS).expect("a sound baseline");
    assert_eq!(result.failed, []);
    assert!(result.unknown_share > 0.9, "{}", result.unknown_share);
    // As many as their items take time for, not as making generators would.
    assert!(result.calls_per_sample < 4_000, "{}", result.calls_per_sample);
    assert!(effect(&result, "slower") < -0.5, "the body of a generator is timed: {}", effect(&result, "slower"));
}

#[test]
fn an_argument_that_has_no_form_with_some_changed_values_keeps_no_call_from_being_timed() {
    let mut ground = Ground::new("def f(values):\n    return sum(values)\n");
    let calls = "[(__import__('array').array('i', range(50)),), ([i * 7 for i in range(50)],)]";
    let cases = record(&ground, &interpreter(), "f", calls);
    let result = serve(&mut ground, &interpreter(), "f", &cases, vec![series("same", None, Values::Unknown)], 1).expect("both are timed");
    assert_eq!((result.blocks.len(), result.failed.len()), (1, 0));
    assert!(result.unknown_share > 0.4, "{}", result.unknown_share);
}

#[test]
fn a_target_without_replayable_cases_is_refused_with_the_reason() {
    let mut ground = Ground::new(SLOW);
    let error = serve(&mut ground, &interpreter(), "f", &[], vec![series("same", None, Values::Unknown)], 1).expect_err("no cases");
    assert!(error.to_string().contains("recorded cases"), "{error}");
}

#[test]
fn series_on_a_part_of_the_sizes_take_only_cases_of_it() {
    let mut ground = Ground::new(SLOW);
    let cases = record(&ground, &interpreter(), "f", "[([1, 2, 3] * n,) for n in (2, 2, 40, 40)]");
    let sizes: Vec<u64> = cases.iter().map(|case| case.header.size).collect();
    let part = |name: &str, sizes| whetstone_core::plan::timing::Series { sizes: Some(sizes), ..series(name, Some(FAST), Values::Unknown) };
    let wanted = vec![part("small", (0, sizes[0])), part("large", (sizes[3], u64::MAX)), part("none", (sizes[0] + 1, sizes[3] - 1))];
    let result = serve(&mut ground, &interpreter(), "f", &cases, wanted, BLOCKS).expect("a sound baseline");
    let calls_of = |name: &str| result.blocks.iter().any(|block| block.series == name);
    assert!(calls_of("small") && calls_of("large") && !calls_of("none"));
    assert_eq!(result.failed.len(), 1);
    assert!(effect(&result, "large") > effect(&result, "small"));
}

#[test]
fn values_that_would_change_how_much_a_call_does_are_kept_as_recorded() {
    let fibonacci = "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n";
    let mut ground = Ground::new(fibonacci);
    let cases = record(&ground, &interpreter(), "f", "[(n,) for n in (9, 12, 10)]");
    let result = serve(&mut ground, &interpreter(), "f", &cases, vec![series("same", None, Values::Unknown)], 1).expect("no call hangs");
    assert_eq!(result.unknown_share, 0.0);
    assert_eq!(result.blocks.len(), 1);
}
