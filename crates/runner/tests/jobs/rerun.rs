//! What re-run plans do.

use std::time::Duration;

use whetstone_core::{
    TargetName, TargetSite,
    job::JobEnd,
    plan::{
        FileEdit, Plan, RerunPlan, RerunResult,
        behaviour::{CandidateSide, Conclusion, MinimumEvidence},
    },
};

use crate::support::{Host, spec_of, start};

const READER: &str = "
SEEN = []
def words(file, kind):
    found = []
    for line in file:
        for word in line.split():
            if word not in found:
                found.append(word)
    SEEN.append(kind)
    return found
";

/// The calls differ in what they read, and the files are left where the call ended.
const MAIN: &str = "
import reader
total = 0
for number in range(20):
    with open('text.txt', encoding='utf-8') as file:
        file.readline()
        total += len(reader.words(file, number % 3))
        total += file.tell()
print(total)
";

fn site() -> TargetSite {
    TargetSite { name: TargetName::new("reader", "words"), file: "reader.py".into(), line: 3, end_line: 10 }
}

fn candidate(id: &str, from: &str, to: &str) -> CandidateSide {
    assert!(READER.contains(from));
    CandidateSide { id: id.into(), edits: vec![FileEdit { path: "reader.py".into(), content: READER.replace(from, to) }] }
}

fn faster() -> CandidateSide {
    let from = "    found = []\n    for line in file:\n        for word in line.split():\n            if word not in found:\n                found.append(word)\n";
    let to = "    found = {}\n    for line in file:\n        for word in line.split():\n            found[word] = None\n    found = list(found)\n";
    candidate("faster", from, to)
}

fn plan(candidates: Vec<CandidateSide>) -> RerunPlan {
    RerunPlan {
        start: start(),
        commands: vec!["python main.py".into()],
        target: site(),
        candidates,
        first_calls: 50,
        hash_seeds: vec![0, 1],
        minimum: MinimumEvidence { cases: 10, distinct_outcomes: 2, changed_branches: true },
        tolerance: 0.0,
        timeout_s: 60.0,
        limit_s: 300.0,
    }
}

async fn judged(main: &str, plan: RerunPlan) -> RerunResult {
    judged_in(READER, main, plan).await
}

async fn judged_in(reader: &str, main: &str, plan: RerunPlan) -> RerunResult {
    let host = Host::new();
    host.write("reader.py", reader);
    host.write("main.py", main);
    host.write("text.txt", "one two\nthree two three\nfour\n");
    let mut spec = spec_of(Plan::Rerun(plan));
    (spec.limits.wall, spec.limits.cpu) = (Duration::from_secs(300), Duration::from_secs(300));
    let ran = host.run(&spec).await;
    assert_eq!(ran.outcome.end, JobEnd::Succeeded, "{:?}", ran.outcome);
    assert!(!ran.output.join("harness").exists(), "what was seen stays with the runner");
    serde_json::from_slice(&std::fs::read(ran.output.join("result.json")).expect("a result")).expect("a re-run result")
}

/// The same workload with calls that end in different ways.
fn with_more() -> String {
    MAIN.replace("        total += file.tell()\n", "        total += number\n    reader.words([str(number)], 0)\n")
}

#[tokio::test]
async fn a_candidate_that_does_the_same_in_every_call_is_the_same() {
    let result = judged(&with_more(), plan(vec![faster()])).await;
    let found = &result.candidates[0];
    assert_eq!((found.conclusion, found.reason.as_str()), (Conclusion::Same, ""));
    assert_eq!((result.baseline.calls, found.compared, found.seeds), (40, 40, 2), "{:?}", result.baseline);
    assert!(found.changed_branches > 0 && found.changed_branches == found.changed_branches_reached);
}

#[tokio::test]
async fn a_candidate_that_differs_is_refused_with_the_call() {
    let wrong = candidate("wrong", "    SEEN.append(kind)\n", "    SEEN.append(kind or None)\n");
    let unordered = candidate("unordered", "    return found\n", "    return sorted(found)\n");
    let result = judged(&with_more(), plan(vec![wrong, unordered, faster()])).await;
    let told: Vec<_> = result.candidates.iter().map(|found| (found.id.as_str(), found.conclusion)).collect();
    assert_eq!(told, [("wrong", Conclusion::Different), ("unordered", Conclusion::Different), ("faster", Conclusion::Same)]);
    let wrong = result.candidates[0].counterexample.as_ref().expect("told");
    assert_eq!((wrong.aspect.as_str(), wrong.source.as_str()), ("argument", "workload"));
    assert!(
        wrong.input.starts_with("words(<_io.TextIOWrapper>, 0)   # call 1 of `python main.py` from __main__:<module>:7"),
        "{}",
        wrong.input
    );
    let unordered = result.candidates[1].counterexample.as_ref().expect("told");
    assert_eq!((unordered.baseline.as_str(), unordered.candidate.as_str()), ("['three', 'two', 'four']", "['four', 'three', 'two']"));
}

#[tokio::test]
async fn what_a_candidate_leaves_in_what_can_not_be_seen_shows_in_the_calls_behind_it() {
    // Each call reads on in one file: a candidate that leaves it elsewhere changes what the next call gives.
    let main = "
import reader
class Lines:
    def __init__(self, file): self.file = file
    def __iter__(self): return iter([self.file.readline()])
with open('text.txt', encoding='utf-8') as file:
    for number in range(30):
        if number % 3 == 0:
            file.seek(0)
        reader.words(Lines(file), number % 2)
";
    let skipping = candidate("skipping", "    SEEN.append(kind)\n", "    SEEN.append(kind)\n    getattr(file, 'file', file).readline()\n");
    let found = &judged(main, plan(vec![skipping])).await.candidates[0];
    assert_eq!(found.conclusion, Conclusion::Different);
    let told = found.counterexample.as_ref().expect("told");
    assert_eq!((told.aspect.as_str(), told.baseline.as_str(), told.candidate.as_str()), ("result", "['three', 'two']", "['four']"));
}

#[tokio::test]
async fn too_few_calls_equal_ends_and_branches_that_no_call_reaches_are_not_enough() {
    let few = MAIN.replace("range(20)", "range(4)");
    let found = &judged(&few, plan(vec![faster()])).await.candidates[0];
    assert_eq!(
        (found.conclusion, found.reason.as_str()),
        (Conclusion::NotEnoughEvidence, "4 calls were compared by re-run, 10 are asked for")
    );
    let mut demanding = plan(vec![faster()]);
    demanding.minimum.distinct_outcomes = 50;
    let found = &judged(&with_more(), demanding).await.candidates[0];
    assert_eq!(found.conclusion, Conclusion::NotEnoughEvidence);
    assert!(found.reason.contains("40 distinct outcomes, 50 are asked for"), "{}", found.reason);
    let guarded = candidate("guarded", "    SEEN.append(kind)\n", "    SEEN.append(kind)\n    if len(found) > 1000:\n        return []\n");
    let found = &judged(&with_more(), plan(vec![guarded])).await.candidates[0];
    assert_eq!(found.conclusion, Conclusion::NotEnoughEvidence);
    assert!(found.reason.contains("changed branches were reached by no call"), "{}", found.reason);
}

#[tokio::test]
async fn calls_that_the_workload_does_not_repeat_are_no_evidence_and_refuse_nothing() {
    let drifting = with_more()
        .replace("reader.words([str(number)], 0)", "reader.words([str(time.time_ns())], 0)")
        .replace("import reader", "import reader, time");
    let result = judged(&drifting, plan(vec![faster()])).await;
    assert_eq!((result.baseline.calls, result.candidates[0].conclusion), (20, Conclusion::Same));
    assert_eq!(result.baseline.dropped, [("not the same in two runs of the workload".to_owned(), 20)]);
}

#[tokio::test]
async fn a_candidate_that_does_not_end_is_refused_and_the_next_one_heard() {
    let endless = candidate("endless", "    SEEN.append(kind)\n", "    while kind == 2:\n        pass\n    SEEN.append(kind)\n");
    let mut plan = plan(vec![endless, faster()]);
    plan.timeout_s = 15.0;
    let result = judged(&with_more(), plan).await;
    assert_eq!(result.candidates[0].counterexample.as_ref().map(|told| told.aspect.as_str()), Some("time"));
    assert_eq!(result.candidates[1].conclusion, Conclusion::Same);
}

#[tokio::test]
async fn processes_are_compared_in_the_order_of_their_starts() {
    let main = "
import os, reader
for child in range(2):
    if os.fork() == 0:
        for number in range(10):
            with open('text.txt', encoding='utf-8') as file:
                reader.words(file, number + child)
            reader.words([str(number)], child)
        raise SystemExit
    os.wait()
";
    let result = judged(main, plan(vec![faster(), candidate("wrong", "    return found\n", "    return found[::-1]\n")])).await;
    assert_eq!((result.baseline.calls, result.candidates[0].compared), (40, 40), "{:?}", result.baseline);
    assert_eq!(result.candidates[1].conclusion, Conclusion::Different);
}

#[tokio::test]
async fn private_state_that_went_with_the_code_that_used_it_is_no_difference() {
    let before = READER
        .replace("SEEN = []", "SEEN = []\n_LEAST = [0]\nMOST = [9]")
        .replace("    return found", "    return found[_LEAST[0]:MOST[0]]");
    let without = |name: &str, to: &str| {
        let edited = before.replace(&format!("{name} = "), "_other = ").replace(&format!("{name}[0]"), to);
        CandidateSide { id: name.into(), edits: vec![FileEdit { path: "reader.py".into(), content: edited }] }
    };
    let plan =
        RerunPlan { target: TargetSite { line: 5, end_line: 12, ..site() }, ..plan(vec![without("_LEAST", "0"), without("MOST", "9")]) };
    let result = judged_in(&before, &with_more(), plan).await;
    let told: Vec<_> = result.candidates.iter().map(|found| (found.conclusion, found.compared)).collect();
    assert_eq!(told[0], (Conclusion::Same, 40), "{}", result.candidates[0].reason);
    assert_eq!(told[1].0, Conclusion::Different, "a public name is no one's to take away");
}
