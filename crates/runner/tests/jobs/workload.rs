//! What workload plans do.

use std::path::Path;

use whetstone_core::{
    Digest,
    job::{JobEnd, JobSpec},
    plan::{FileEdit, Plan},
    record::Record,
};
use whetstone_testkit::python;

use crate::support::{Host, plan, spec_of};

#[tokio::test]
async fn a_workload_runs_in_its_tree_and_tells_what_it_printed_and_made() {
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
    let host = Host::new();
    host.write("pkg.py", "value = 1\n");
    let mut edited = plan("python -c 'import pkg; print(pkg.value)'");
    edited.edits = vec![FileEdit { path: "pkg.py".into(), content: "value = 2\n".into() }];
    assert_eq!(host.run(&spec_of(Plan::Workload(edited))).await.workload().stdout.tail, "2\n");
}

/// A run of pytest that tells of each test.
fn with_pytest(options: &str) -> (Host, JobSpec) {
    let python = python::with_pytest(&python::interpreter());
    let mut plan = plan(&format!("{} -m pytest {options}", python.display()));
    plan.report_tests = true;
    let mut spec = spec_of(Plan::Workload(plan));
    let virtualenv = python.parent().and_then(Path::parent).expect("its bin folder");
    spec.toolchain.roots.push(virtualenv.display().to_string());
    (Host::new(), spec)
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
    let (host, spec) = with_pytest("-q -p no:cacheprovider --continue-on-collection-errors");
    host.write("test_all.py", TESTS);
    host.write("test_unreadable.py", "import nothing_of_this_name\n");
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

#[tokio::test]
async fn a_test_that_hangs_is_told_as_unfinished() {
    let (host, mut spec) = with_pytest("-q -p no:cacheprovider");
    host.write("test_all.py", "import time\ndef test_good(): pass\ndef test_endless(): time.sleep(1000)\n");
    let Plan::Workload(plan) = &mut spec.plan else { unreachable!("a workload") };
    plan.timeout_s = 12.0;
    let result = host.run(&spec).await.workload();
    assert!(result.timed_out, "{}", result.stdout.tail);
    let told: Vec<_> = result.tests.iter().map(|test| (test.id.as_str(), test.outcome.as_str())).collect();
    assert_eq!(told, [("test_all.py::test_good", "passed"), ("test_all.py::test_endless", "unfinished")]);
}
