//! What workload plans do.

use whetstone_core::{
    Digest,
    job::JobEnd,
    plan::{FileEdit, Plan},
    record::Record,
};

use crate::support::{Host, has_bubblewrap, plan, spec_of};

#[tokio::test]
async fn a_workload_runs_in_its_tree_and_tells_what_it_printed_and_made() {
    if !has_bubblewrap() {
        return;
    }
    let host = Host::new();
    host.write(
        "main.py",
        "import os\nprint(os.getcwd(), os.environ['PYTHONHASHSEED'])\nopen('made.txt', 'w').write('hello')\nraise SystemExit(3)\n",
    );
    let ran = host.shell("python main.py").await;
    assert_eq!(ran.outcome.end, JobEnd::Succeeded, "{:?}", ran.outcome);
    let result = ran.workload();
    assert_eq!((result.exit, result.stdout.tail.as_str()), (3, "/whet/tree 0\n"), "{}", result.stderr.tail);
    assert_eq!(result.files.get("made.txt").map(String::as_str), Some(Digest::of(b"hello").as_str()));
    assert!(!host.tree.join("made.txt").exists(), "the snapshot is never written");
    assert!(ran.records.iter().any(|record| matches!(record, Record::Progress { done: 1, total: 1, .. })));
}

#[tokio::test]
async fn edits_are_in_the_tree_that_a_workload_sees() {
    if !has_bubblewrap() {
        return;
    }
    let host = Host::new();
    host.write("pkg.py", "value = 1\n");
    let mut edited = plan("python -c 'import pkg; print(pkg.value)'");
    edited.edits = vec![FileEdit { path: "pkg.py".into(), content: "value = 2\n".into() }];
    assert_eq!(host.run(&spec_of(Plan::Workload(edited))).await.workload().stdout.tail, "2\n");
}

/// An interpreter with pytest, as a toolchain of its own; none where there is none.
fn interpreter_with_pytest() -> Option<String> {
    let script = "import pytest, sys; print(sys.base_prefix)";
    let output = std::process::Command::new("python3").args(["-c", script]).output().ok()?;
    let prefix = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    output.status.success().then_some(prefix)
}

const TESTS: &str = "
import pytest
pytest_plugins = ['pytester']
def test_good(): pass
def test_bad(): assert 1 == 2, 'one is not two'
@pytest.mark.skip(reason='later')
def test_later(): pass
@pytest.mark.xfail
def test_known(): assert False
@pytest.fixture
def broken(): raise ValueError('no fixture')
def test_broken(broken): pass
def test_nested(pytester):
    pytester.makepyfile('def test_inner(): pass')
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
";

#[tokio::test]
async fn each_test_of_a_pytest_run_is_told() {
    let Some(prefix) = interpreter_with_pytest().filter(|_| has_bubblewrap()) else {
        eprintln!("SKIPPED: no interpreter with pytest, or no bubblewrap");
        return;
    };
    let host = Host::new();
    host.write("test_all.py", TESTS);
    host.write("test_unreadable.py", "import nothing_of_this_name\n");
    let mut plan = plan(&format!("{prefix}/bin/python3 -m pytest -q -p no:cacheprovider --continue-on-collection-errors"));
    plan.report_tests = true;
    let mut spec = spec_of(Plan::Workload(plan));
    spec.toolchain.roots = vec![prefix];
    let result = host.run(&spec).await.workload();
    let mut told: Vec<_> = result.tests.iter().map(|test| (test.id.as_str(), test.outcome.as_str(), test.message.as_str())).collect();
    told.sort_unstable();
    let expected = [
        ("test_all.py::test_bad", "failed", "AssertionError: one is not two"),
        ("test_all.py::test_broken", "error", "ValueError: no fixture"),
        ("test_all.py::test_good", "passed", ""),
        ("test_all.py::test_known", "xfailed", "assert False"),
        ("test_all.py::test_later", "skipped", "Skipped: later"),
        ("test_all.py::test_nested", "passed", ""),
    ];
    assert_eq!(told.len(), 7, "{} {} {:?}", result.stdout.tail, result.stderr.tail, result.tests);
    assert_eq!(told[..6], expected, "{}", result.stdout.tail);
    assert_eq!((told[6].0, told[6].1), ("test_unreadable.py", "error"));
    assert_eq!(result.files.keys().collect::<Vec<_>>(), Vec::<&String>::new());
}
