//! Wrong and right candidates kept as data: the behaviour gate refuses the wrong ones (but for those
//! that the static gate refuses before it) and none of the right ones.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use whetstone_core::{
    cases::{self, Case},
    plan::{
        FileEdit,
        behaviour::{BehaviourMode, BehaviourPlan, CandidateSide, Conclusion, Generation, MinimumEvidence},
    },
    target::{TargetName, TargetSite},
};
use whetstone_languages::python::{edit, static_gate};
use whetstone_runner::{behaviour, sides::Sides, worker::Limits};
use whetstone_testkit::python;

use crate::support::{harness, interpreter, start};

/// One subject with its cases recorded from its own tests.
struct Subject {
    name: String,
    folder: tempfile::TempDir,
    target: TargetSite,
    source: String,
    cases: Vec<Case>,
}

fn data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testkit/data/adversarial")
}

/// Every subject, or those that `WHET_SUBJECT` names: folders here or elsewhere, divided by commas.
fn subjects() -> Vec<PathBuf> {
    if let Ok(wanted) = std::env::var("WHET_SUBJECT") {
        return wanted.split(',').map(|name| data().join(name)).collect();
    }
    let mut found: Vec<PathBuf> = fs::read_dir(data()).expect("the data is there").flatten().map(|entry| entry.path()).collect();
    found.retain(|path| path.join("TARGET").exists());
    found.sort();
    found
}

fn read(path: &Path) -> Subject {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tree = folder.path().join("tree");
    fs::create_dir(&tree).expect("fresh");
    for entry in fs::read_dir(path).expect("readable").flatten().filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), tree.join(entry.file_name())).expect("writable");
    }
    let name: TargetName = fs::read_to_string(path.join("TARGET")).expect("a target").trim().parse().expect("a target's name");
    let file = format!("{}.py", name.module.replace('.', "/"));
    let source = fs::read_to_string(tree.join(&file)).expect("the target's file");
    let parsed = whetstone_languages::python::syntax::Source::parse(source.as_str());
    let functions = whetstone_languages::python::functions::functions(&parsed, &file, &name.module);
    let site = functions.into_iter().find(|function| function.site.name == name).expect("the target is there").site;
    let cases = record(folder.path(), &tree, &site);
    Subject { name: path.file_name().expect("a name").to_string_lossy().into_owned(), folder, target: site, source, cases }
}

fn record(scratch: &Path, tree: &Path, site: &TargetSite) -> Vec<Case> {
    let out = scratch.join("recorded");
    fs::create_dir(&out).expect("fresh");
    let instrument = serde_json::json!({
        "instrument": {"instrument": "record", "calls_per_target": 200, "bytes_per_target": 8 << 20, "overhead_limit": 5.0, "seed": 1},
        "targets": [site], "tree": tree, "out": out,
    });
    let status = Command::new(python::with_pytest(&python::interpreter()))
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .current_dir(tree)
        .env("PYTHONPATH", format!("{}:{}", harness().display(), tree.display()))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("WHET_INSTRUMENT", instrument.to_string())
        .output()
        .expect("pytest runs");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    let files = fs::read_dir(&out).expect("readable").flatten().map(|entry| entry.path());
    let mut found = Vec::new();
    for file in files.filter(|path| path.extension().is_some_and(|extension| extension == "bin")) {
        found.extend(cases::read(fs::File::open(file).expect("there")).expect("a file of cases"));
    }
    for case in &mut found {
        case.header.origin = "recorded".into();
    }
    found
}

fn candidates(subject: &Subject, path: &Path) -> Vec<(CandidateSide, bool)> {
    let mut found = Vec::new();
    for kind in ["wrong", "right"] {
        let Ok(entries) = fs::read_dir(path.join(kind)) else { continue };
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        for file in files {
            let replacement = fs::read_to_string(&file).expect("readable");
            let id = format!("{kind}/{}", file.file_stem().expect("a name").to_string_lossy());
            match edit::replace_target(&subject.source, &subject.target.name, &replacement) {
                Ok(content) => found
                    .push((CandidateSide { id, edits: vec![FileEdit { path: subject.target.file.clone(), content }] }, kind == "right")),
                Err(error) => panic!("{} {id}: {error}", subject.name),
            }
        }
    }
    found
}

fn plan(subject: &Subject, candidates: Vec<CandidateSide>) -> BehaviourPlan {
    BehaviourPlan {
        start: start(&interpreter()),
        target: subject.target.clone(),
        group: vec![],
        candidates,
        mode: BehaviourMode::Final,
        generation: Generation { cases: 320, seconds: 3.0, candidate_seconds: 1.0, solver_seconds: 0.0, draws: 4000 },
        hash_seeds: vec![0, 1, 2],
        minimum: MinimumEvidence { cases: 5, distinct_outcomes: 2, changed_branches: true },
        tolerance: 0.0,
        call_timeout_s: 5.0,
        seed: std::env::var("WHET_SEED").map_or(11, |seed| seed.parse().expect("a number")),
    }
}

/// What was decided otherwise than it should have been.
fn judged_wrongly(path: &Path) -> Vec<String> {
    let mut failures = Vec::new();
    let subject = read(path);
    let mut judged = Vec::new();
    for (side, is_right) in candidates(&subject, path) {
        let options = static_gate::GateOptions::default();
        let refusals = static_gate::check(&subject.source, &side.edits[0].content, &subject.target, &options);
        if refusals.is_empty() {
            judged.push((side, is_right));
        } else if is_right {
            failures.push(format!("{} {}: static: {}", subject.name, side.id, refusals[0].reason));
        }
    }
    let sides = Sides::of(subject.folder.path(), &subject.folder.path().join("tree"), Path::new("/none")).expect("readable");
    let limits = Limits { scratch: subject.folder.path().into(), harness: harness(), ..Limits::default() };
    let plan = plan(&subject, judged.iter().map(|(side, _)| side.clone()).collect());
    let found = behaviour::run(&plan, subject.cases.clone(), sides, limits, &|_| {}).expect("the baseline works");
    let mut told = format!("{}: {:?} {:?}\n", subject.name, found.result.phases, found.result.baseline);
    for (candidate, (_, is_right)) in found.result.candidates.iter().zip(&judged) {
        told.push_str(&format!("  {:5.2} s {:?} {} {}\n", candidate.seconds, candidate.conclusion, candidate.id, candidate.reason));
        if (candidate.conclusion == Conclusion::Same) != *is_right {
            failures.push(format!("{} {}: {:?} {}", subject.name, candidate.id, candidate.conclusion, candidate.reason));
        }
    }
    eprint!("{told}");
    failures
}

#[test]
fn wrong_candidates_are_refused_and_right_ones_are_not() {
    let (subjects, next, failures) = (subjects(), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        // One subject's baseline is alone with a processor where another's candidates need two.
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(path) = subjects.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = judged_wrongly(path);
                    failures.lock().expect("no other subject panicked").extend(found);
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no subject panicked");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
