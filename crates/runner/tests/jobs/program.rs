//! What program plans do.

use whetstone_core::{
    job::JobEnd,
    plan::{FileEdit, Plan, ProgramPlan, ProgramResult},
};

use crate::support::{Host, spec_of, start};

const COUNT: &str = "import sys\ndef total():\n    return sum(range(10))\n";

const MAIN: &str = "import count\nprint(count.total())\nopen('total.txt', 'w').write(str(count.total()))\n";

async fn compared(edited: &str, pairs: u32, settled_at: f64) -> ProgramResult {
    compared_in(MAIN, COUNT, edited, pairs, settled_at).await
}

async fn compared_in(main: &str, count: &str, edited: &str, pairs: u32, settled_at: f64) -> ProgramResult {
    let host = Host::new();
    host.write("count.py", count);
    host.write("main.py", main);
    let plan = ProgramPlan {
        start: start(),
        commands: vec!["python main.py".into()],
        edits: vec![FileEdit { path: "count.py".into(), content: edited.into() }],
        pairs,
        least_pairs: 1,
        settled_at,
        timeout_s: 30.0,
        seed: 7,
    };
    let ran = host.run(&spec_of(Plan::Program(plan))).await;
    assert_eq!(ran.outcome.end, JobEnd::Succeeded, "{:?}", ran.outcome);
    serde_json::from_slice(&std::fs::read(ran.output.join("result.json")).expect("a result")).expect("a program result")
}

#[tokio::test]
async fn a_program_that_does_the_same_has_no_differences_and_its_times_in_pairs() {
    let result = compared("def total():\n    return 45\n", 2, 1e9).await;
    let comparison = &result.commands[0];
    assert_eq!(comparison.differences, Vec::<String>::new());
    assert_eq!((comparison.cpu_s.len(), comparison.wall_s.len(), comparison.peak_memory_bytes.len()), (2, 2, 2));
    assert!(comparison.cpu_s.iter().all(|(baseline, candidate)| *baseline > 0.0 && *candidate > 0.0));
}

#[tokio::test]
async fn pairs_that_could_change_no_verdict_are_not_run_and_a_difference_asks_for_all() {
    let pairs = async |edited: &str| compared(edited, 3, -10.0).await.commands[0].cpu_s.len();
    assert_eq!(pairs("def total():\n    return 45\n").await, 1);
    assert_eq!(pairs("def total():\n    return 46\n").await, 3);
}

#[tokio::test]
async fn what_a_program_leaves_otherwise_is_told() {
    let edited = "import os\nopen('trace.log', 'w').close()\ndef total():\n    return 46\n";
    let differences = compared(edited, 2, -1e9).await.commands[0].differences.join("; ");
    for part in ["standard output differs: `46`, was `45`", "file total.txt has another content", "file trace.log is left"] {
        assert!(differences.contains(part), "{differences}");
    }
}

#[tokio::test]
async fn a_time_that_a_program_tells_is_no_difference_though_it_is_the_same_in_each_run() {
    let main = "import time, count\nbegan = time.monotonic()\ntotal = count.total()\nprint('total %d in %.0f units' % (total, (time.monotonic() - began) * 5))\n";
    let slow = "import time\ndef total():\n    until = time.process_time() + 0.2\n    while time.process_time() < until:\n        pass\n    return 45\n";
    let result = |quick| compared_in(main, slow, quick, 2, 1e9);
    assert_eq!(result("def total():\n    return 45\n").await.commands[0].differences, Vec::<String>::new());
    let wrong = result("def total():\n    return 46\n").await.commands[0].differences.join("; ");
    assert!(wrong.contains("46 where it was always 45"), "{wrong}");
}
