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
