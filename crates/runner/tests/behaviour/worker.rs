use std::time::Duration;

use whetstone_core::plan::FileEdit;
use whetstone_runner::worker::{Worker, WorkerError, operation};

use crate::support::{Ground, interpreter, interpreters, start, target};

const SECOND: Duration = Duration::from_secs(5);

#[test]
fn a_worker_of_every_interpreter_loads_the_sides_own_file_and_answers() {
    for interpreter in interpreters() {
        let mut ground = Ground::new("def f(x):\n    return x\n");
        let edit = FileEdit { path: "pkg/m.py".into(), content: "def f(x):\n    return [x]\n".into() };
        let side = ground.sides.side(&[edit]).expect("a plain edit");
        let mut worker = Worker::start(&start(&interpreter), &side, 0, &target("f"), &ground.limits()).expect("it loads");
        assert_eq!(worker.loaded().sha256, side.digest_of("pkg/m.py").expect("there").as_str());
        assert_eq!(worker.loaded().changes, Vec::<Vec<String>>::new(), "{interpreter}");
        let before = worker.clocks();
        worker.request(operation::CHALLENGE, &7u64.to_le_bytes(), SECOND).expect("an answer");
        let after = worker.clocks();
        assert!(after.cpu_ns > before.cpu_ns && after.wall_ns > before.wall_ns);
        assert_eq!(worker.threads(), 1);
        assert!(worker.stop().cpu_ns >= after.cpu_ns);
    }
}

#[test]
fn a_module_that_does_not_load_and_a_target_that_is_missing_are_told() {
    let ground = Ground::new("def f(x):\n    return x\nraise ValueError('not today')\n");
    let side = ground.sides.baseline();
    let error = Worker::start(&start(&interpreter()), &side, 0, &target("f"), &ground.limits()).expect_err("it raises");
    assert_eq!(error, WorkerError::Refused("ValueError: not today".into()));
    let ground = Ground::new("def f(x):\n    return x\n");
    let side = ground.sides.baseline();
    let error = Worker::start(&start(&interpreter()), &side, 0, &target("g"), &ground.limits()).expect_err("no such function");
    assert!(matches!(error, WorkerError::Refused(_)), "{error}");
}

#[test]
fn a_worker_that_dies_or_hangs_is_told_apart() {
    let ground = Ground::new("import os\nos._exit(3)\ndef f(): pass\n");
    let error = Worker::start(&start(&interpreter()), &ground.sides.baseline(), 0, &target("f"), &ground.limits()).expect_err("it exits");
    assert!(matches!(error, WorkerError::Died(ref how) if how.contains('3')), "{error}");
    let ground = Ground::new("while True: pass\ndef f(): pass\n");
    let mut limits = ground.limits();
    limits.load = Duration::from_millis(300);
    let error = Worker::start(&start(&interpreter()), &ground.sides.baseline(), 0, &target("f"), &limits).expect_err("it loops");
    assert_eq!(error, WorkerError::TimedOut(limits.load));
}
