//! What Hypothesis and CrossHair add to the cases, and that only the gate itself decides by it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use whetstone_core::{
    cases::Case,
    plan::{
        FileEdit,
        behaviour::{
            BehaviourMode, BehaviourPlan, CandidateBehaviour, CandidateSide, Conclusion, Generation, MinimumEvidence, SolverOutcome,
        },
    },
};
use whetstone_runner::behaviour::{self, Found};

use crate::support::{Ground, case, interpreter, start, target};

/// The folder of Hypothesis and CrossHair for the tests' interpreter.
fn tools() -> PathBuf {
    static TOOLS: OnceLock<PathBuf> = OnceLock::new();
    let made = TOOLS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let made = Command::new(root.join("scripts/test-tools"))
            .args([Path::new(&interpreter()), &root.join("target/test-tools")])
            .stderr(Stdio::inherit())
            .output()
            .expect("scripts/test-tools starts");
        assert!(made.status.success(), "Hypothesis and CrossHair can't be installed here");
        PathBuf::from(String::from_utf8_lossy(&made.stdout).trim())
    });
    made.clone()
}

/// `f(n)` for small numbers.
fn numbers() -> Vec<Case> {
    (1..9u8).map(|number| case(number.into(), &[b'a', b't', 1, b'i', 1, number], "(int)")).collect()
}

/// `f(low, high)` for small numbers.
fn pairs() -> Vec<Case> {
    (1..9u8).map(|number| case(number.into(), &[b'a', b't', 2, b'i', 1, number, b'i', 1, 3 * number], "(int, int)")).collect()
}

struct Trial<'a> {
    baseline: &'a str,
    candidate: &'a str,
    cases: Vec<Case>,
    tools: &'a Path,
    solver: &'a Path,
    mode: BehaviourMode,
    solver_seconds: f64,
}

impl Trial<'_> {
    fn run(self) -> Found {
        let ground = Ground::new(self.baseline);
        let edits = vec![FileEdit { path: "pkg/m.py".into(), content: self.candidate.into() }];
        let plan = BehaviourPlan {
            start: start(&interpreter()),
            target: target("f"),
            group: vec![],
            candidates: vec![CandidateSide { id: "c".into(), edits }],
            mode: self.mode,
            generation: Generation { cases: 60, seconds: 20.0, candidate_seconds: 1.0, solver_seconds: self.solver_seconds, draws: 0 },
            hash_seeds: vec![0],
            minimum: MinimumEvidence { cases: 3, distinct_outcomes: 2, changed_branches: true },
            tolerance: 0.0,
            call_timeout_s: 5.0,
            seed: 3,
        };
        let mut limits = ground.limits();
        (limits.tools, limits.solver) = (self.tools.into(), self.solver.into());
        let Ground { folder, .. } = &ground;
        let sides = whetstone_runner::sides::Sides::of(&folder.path().join("judged"), &folder.path().join("tree"), Path::new("/none"))
            .expect("readable");
        behaviour::run(&plan, self.cases, sides, limits, &|_| {}).expect("the baseline works")
    }

    fn verdict(self) -> CandidateBehaviour {
        self.run().result.candidates.remove(0)
    }
}

/// Meets a final set, with the search or without.
fn final_set(baseline: &str, candidate: &str, cases: Vec<Case>, solver: &Path, solver_seconds: f64) -> CandidateBehaviour {
    Trial { baseline, candidate, cases, tools: Path::new("/none"), solver, mode: BehaviourMode::Final, solver_seconds }.verdict()
}

#[test]
fn wrong_candidates_that_only_the_search_finds_are_refused_by_the_replay_of_what_it_found() {
    let tools = tools();
    let wrong = [
        ("def f(n):\n    return 3 * n + 1\n", "def f(n):\n    return 3 * n + 1 + (3 * n + 7 == 100000309)\n", numbers(), "33333434"),
        (
            "def f(lo, hi):\n    return (lo + hi) // 2\n",
            "def f(lo, hi):\n    return (lo + hi - 2 * (7919 * lo + 104729 * hi == 1234567890123)) // 2\n",
            pairs(),
            "",
        ),
    ];
    for (baseline, candidate, cases, input) in wrong {
        let without = final_set(baseline, candidate, cases.clone(), &tools, 0.0);
        assert_eq!((without.conclusion, without.solver), (Conclusion::Same, None), "{}", without.reason);
        let with = final_set(baseline, candidate, cases, &tools, 20.0);
        assert_eq!(with.conclusion, Conclusion::Different, "{:?}", with.solver);
        assert_eq!(with.solver.map(|report| report.outcome), Some(SolverOutcome::Reproduced));
        assert!(with.counterexample.expect("shown").input.contains(input));
    }
}

#[test]
fn a_changed_branch_that_only_the_search_reaches_is_reached() {
    let tools = tools();
    let baseline = "def f(n):\n    if 3 * n + 7 == 100000309:\n        return -1\n    return n\n";
    let candidate = "def f(n):\n    if n + n + n + 7 == 100000309:\n        return -1\n    return n\n";
    let without = final_set(baseline, candidate, numbers(), &tools, 0.0);
    assert_eq!(without.conclusion, Conclusion::NotEnoughEvidence, "{}", without.reason);
    assert!(without.changed_branches_reached < without.changed_branches);
    let with = final_set(baseline, candidate, numbers(), &tools, 20.0);
    assert_eq!((with.conclusion, with.changed_branches_reached), (Conclusion::Same, with.changed_branches), "{}", with.reason);
}

#[test]
fn the_search_walks_all_paths_of_a_right_candidate_and_says_why_it_does_not_run() {
    let tools = tools();
    let right = final_set("def f(n):\n    return n + n\n", "def f(n):\n    return 2 * n\n", numbers(), &tools, 20.0);
    assert_eq!(right.conclusion, Conclusion::Same, "{}", right.reason);
    let report = right.solver.expect("asked for");
    assert_eq!((report.outcome, report.detail.ends_with("all of them")), (SolverOutcome::NothingFound, true), "{}", report.detail);
    assert!(right.sources.iter().any(|(source, count)| source == "crosshair" && *count > 0), "{:?}", right.sources);

    let lazy = final_set("def f(n):\n    yield n\n", "def f(n):\n    yield from (n,)\n", numbers(), &tools, 5.0);
    let report = lazy.solver.expect("asked for");
    assert_eq!((report.outcome, report.detail.as_str()), (SolverOutcome::NotRun, "f gives its results one by one"));
}

/// A stand-in for CrossHair that claims a difference wherever it is asked.
const LIAR: [(&str, &str); 7] = [
    ("__init__.py", ""),
    ("core_and_libs.py", ""),
    (
        "core.py",
        "import contextlib\nExceptionFilter = contextlib.nullcontext\ndef deep_realize(value):\n    return value\n\
         class Space:\n    def detach_path(self):\n        pass\n\
         def explore_paths(both, signature, settings, root, ended, nondeterministic):\n    bound = signature.bind(41)\n    \
         ended(Space(), bound, bound, ((1, None), (2, None), bound, bound), None, None)\n",
    ),
    (
        "options.py",
        "class AnalysisOptionSet:\n    def __init__(self, **options):\n        pass\n\
         class Options:\n    def overlay(self, other):\n        return self\nDEFAULT_OPTIONS = Options()\n",
    ),
    ("statespace.py", "RootNode = object\n"),
    ("behavior_compare.py", "def flexible_equal(one, other):\n    return one == other\n"),
    ("tracers.py", "import contextlib\nNoTracing = contextlib.nullcontext\n"),
];

#[test]
fn a_claim_that_the_gate_does_not_reproduce_refuses_nothing() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    fs::create_dir(folder.path().join("crosshair")).expect("fresh");
    for (name, source) in LIAR {
        fs::write(folder.path().join("crosshair").join(name), source).expect("writable");
    }
    let found = final_set("def f(n):\n    return n + n\n", "def f(n):\n    return 2 * n\n", numbers(), folder.path(), 2.0);
    assert_eq!(found.conclusion, Conclusion::Same, "{}", found.reason);
    let report = found.solver.expect("asked for");
    assert_eq!((report.outcome, report.inputs > 0), (SolverOutcome::NotReproduced, true), "{}", report.detail);

    let real = final_set("def f(n):\n    return n + n\n", "def f(n):\n    return 2 * n + (n > 40)\n", numbers(), folder.path(), 2.0);
    assert_eq!(real.conclusion, Conclusion::Different, "what is claimed is met like any other case");
}

#[test]
fn without_a_solver_the_gate_goes_on_and_says_so() {
    let found = final_set("def f(n):\n    return n + n\n", "def f(n):\n    return 2 * n\n", numbers(), Path::new("/none"), 2.0);
    assert_eq!(found.conclusion, Conclusion::Same, "{}", found.reason);
    let report = found.solver.expect("asked for");
    assert_eq!((report.outcome, report.detail.as_str()), (SolverOutcome::NotRun, "no solver is installed for this interpreter"));
}

#[test]
fn strategies_give_cases_of_the_observed_kinds_and_the_same_ones_for_the_same_seed() {
    let tools = tools();
    let source = "def f(n):\n    return n if n < 1000 else -n\n";
    let establish = |tools: &Path| {
        let none = Path::new("/none");
        let mode = BehaviourMode::Establish;
        Trial { baseline: source, candidate: source, cases: numbers(), tools, solver: none, mode, solver_seconds: 0.0 }.run()
    };
    let made = |found: &Found| -> Vec<Vec<u8>> {
        let by_strategies = found.generated.iter().filter(|case| case.header.caller.starts_with("generated: hypothesis"));
        by_strategies.map(|case| case.input.clone()).collect()
    };
    let (first, again) = (establish(&tools), establish(&tools));
    assert!(made(&first).len() > 5, "{:?}", first.result.baseline.sources);
    assert_eq!(made(&first), made(&again));
    assert!(first.result.baseline.sources.iter().any(|(name, count)| name == "hypothesis" && *count as usize == made(&first).len()));
    assert!(made(&establish(Path::new("/none"))).is_empty(), "without tools it goes on without");
}
