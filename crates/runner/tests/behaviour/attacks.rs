//! Candidates that return the right values and leave something else behind, and values that lie.

use std::path::Path;

use whetstone_core::{
    cases::Case,
    plan::{
        FileEdit,
        behaviour::{BehaviourMode, BehaviourPlan, CandidateBehaviour, CandidateSide, Conclusion, Generation, MinimumEvidence},
    },
};
use whetstone_runner::behaviour;

use crate::support::{Ground, case, interpreter, interpreters, start, target};

/// `f([..])` for a few lists of small integers.
fn list_cases() -> Vec<Case> {
    let lists: [&[u8]; 6] = [&[], &[1], &[3, 1, 2], &[5, 5], &[9, 8, 7, 6], &[2, 1, 2, 1, 2]];
    let encode = |list: &[u8]| {
        let mut bytes = vec![b'a', b't', 1, b'L', u8::try_from(list.len()).expect("short")];
        list.iter().for_each(|&value| bytes.extend([b'i', 1, value]));
        bytes
    };
    lists.iter().enumerate().map(|(number, list)| case(number, &encode(list), "(list[int])")).collect()
}

fn judge_with(interpreter: &str, baseline: &str, candidates: &[&str], cases: Vec<Case>) -> Vec<CandidateBehaviour> {
    let ground = Ground::new(baseline);
    let edit = |content: &str| vec![FileEdit { path: "pkg/m.py".into(), content: content.into() }];
    let plan = BehaviourPlan {
        start: start(interpreter),
        target: target("f"),
        group: vec![],
        candidates: candidates.iter().enumerate().map(|(id, content)| CandidateSide { id: id.to_string(), edits: edit(content) }).collect(),
        mode: BehaviourMode::Judge,
        generation: Generation { cases: 0, seconds: 0.0, candidate_seconds: 0.0, solver_seconds: 0.0, draws: 0 },
        hash_seeds: vec![0, 7],
        minimum: MinimumEvidence { cases: 3, distinct_outcomes: 2, changed_branches: false },
        tolerance: 0.0,
        call_timeout_s: 5.0,
        seed: 3,
    };
    let limits = ground.limits();
    let Ground { folder, .. } = &ground;
    let sides = whetstone_runner::sides::Sides::of(&folder.path().join("judged"), &folder.path().join("tree"), Path::new("/none"))
        .expect("readable");
    let found = behaviour::run(&plan, cases, sides, limits, &|_| {}).expect("the baseline works");
    assert!(found.result.baseline.dropped.is_empty(), "{:?}", found.result.baseline.dropped);
    found.result.candidates
}

#[test]
fn a_call_that_only_watching_makes_too_slow_costs_no_other_evidence() {
    let slow = "def f(xs):\n    for _ in range(3_000_000 if len(xs) == 4 else 1):\n        pass\n    return sorted(xs)\n";
    let ground = Ground::new(slow);
    let plan = BehaviourPlan {
        start: start(&interpreter()),
        target: target("f"),
        group: vec![],
        candidates: vec![],
        mode: BehaviourMode::Establish,
        generation: Generation { cases: 0, seconds: 0.0, candidate_seconds: 0.0, solver_seconds: 0.0, draws: 0 },
        hash_seeds: vec![0],
        minimum: MinimumEvidence { cases: 3, distinct_outcomes: 2, changed_branches: false },
        tolerance: 0.0,
        call_timeout_s: 1.0,
        seed: 3,
    };
    let limits = ground.limits();
    let found = behaviour::run(&plan, list_cases(), ground.sides, limits, &|_| {}).expect("the baseline works");
    assert_eq!(found.result.baseline.recorded, 6);
    assert!(found.result.baseline.lines_reached >= 3, "{:?}", found.result.baseline);
}

fn judge(baseline: &str, candidates: &[&str]) -> Vec<CandidateBehaviour> {
    judge_with(&interpreter(), baseline, candidates, list_cases())
}

const BASELINE: &str = "def f(xs):\n    return sorted(xs)\n";

#[test]
fn what_a_candidate_leaves_behind_is_behaviour() {
    let attacks = [
        (
            "a thread",
            "import threading, time\ndef f(xs):\n    if not hasattr(f, 't'):\n        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n        f.t = 1\n    return sorted(xs)\n",
        ),
        ("gc off", "import gc\ndef f(xs):\n    gc.disable()\n    return sorted(xs)\n"),
        ("gc frozen at import", "import gc\ngc.freeze()\ndef f(xs):\n    return sorted(xs)\n"),
        ("a signal handler", "import signal\nsignal.signal(signal.SIGUSR1, lambda *a: None)\ndef f(xs):\n    return sorted(xs)\n"),
        (
            "a builtin replaced",
            "import builtins\nreal = builtins.sorted\nbuiltins.sorted = lambda xs, **k: real(xs, **k)\ndef f(xs):\n    return real(xs)\n",
        ),
        ("the clock replaced", "import time\ntime.perf_counter = lambda: 0.0\ndef f(xs):\n    return sorted(xs)\n"),
        ("the recursion limit", "import sys\ndef f(xs):\n    sys.setrecursionlimit(5000)\n    return sorted(xs)\n"),
        ("a variable of the environment", "import os\ndef f(xs):\n    os.environ['A'] = '1'\n    return sorted(xs)\n"),
        ("another folder", "import os\ndef f(xs):\n    os.chdir('/')\n    return sorted(xs)\n"),
        ("something printed", "def f(xs):\n    if len(xs) == 5:\n        print('five')\n    return sorted(xs)\n"),
        ("something written to the descriptor", "import os\ndef f(xs):\n    os.write(1, b'x')\n    return sorted(xs)\n"),
        ("a warning", "import warnings\ndef f(xs):\n    warnings.warn('x')\n    return sorted(xs)\n"),
        ("a log record", "import logging\ndef f(xs):\n    logging.getLogger('m').debug('x')\n    return sorted(xs)\n"),
        ("a drawn number", "import random\ndef f(xs):\n    random.random()\n    return sorted(xs)\n"),
        ("its argument sorted", "def f(xs):\n    xs.sort()\n    return list(xs)\n"),
        ("its argument returned", "def f(xs):\n    return sorted(xs) if len(xs) > 1 else xs\n"),
        ("a tuple", "def f(xs):\n    return tuple(sorted(xs))\n"),
        ("a subclass of list", "class L(list):\n    pass\ndef f(xs):\n    return L(sorted(xs))\n"),
        (
            "a list that equals everything",
            "class L(list):\n    def __eq__(self, other):\n        return True\n    __hash__ = None\ndef f(xs):\n    return L()\n",
        ),
        ("one list for all", "_empty = []\ndef f(xs):\n    return sorted(xs) if xs else _empty\n"),
        (
            "a memo that hands out its own lists",
            "_memo = {}\ndef f(xs):\n    key = tuple(xs)\n    if key not in _memo:\n        _memo[key] = sorted(xs)\n    return _memo[key]\n",
        ),
        (
            "a memo by identity",
            "_last = [None, None]\ndef f(xs):\n    if _last[0] is not xs:\n        _last[0], _last[1] = xs, sorted(xs)\n    return list(_last[1])\n",
        ),
        (
            "a memo without bound",
            "_memo = {}\ndef f(xs):\n    key = tuple(xs)\n    if key not in _memo:\n        _memo[key] = tuple(sorted(xs))\n    return list(_memo[key])\n",
        ),
        ("no end", "def f(xs):\n    while len(xs) == 5:\n        pass\n    return sorted(xs)\n"),
        ("its own end", "import os\ndef f(xs):\n    if len(xs) == 5:\n        os._exit(0)\n    return sorted(xs)\n"),
        ("a module replaced", "import sys, types\nsys.modules['json'] = types.ModuleType('json')\ndef f(xs):\n    return sorted(xs)\n"),
        ("a trace function", "import sys\ndef f(xs):\n    sys.settrace(lambda *a: None)\n    return sorted(xs)\n"),
        ("an attribute on the function", "def f(xs):\n    f.calls = 1\n    return sorted(xs)\n"),
        ("bools", "def f(xs):\n    return [x if x != 1 else True for x in sorted(xs)]\n"),
        ("a generator", "def f(xs):\n    yield from sorted(xs)\n"),
        ("a child process", "import os\ndef f(xs):\n    if len(xs) == 4 and os.fork() == 0:\n        os._exit(0)\n    return sorted(xs)\n"),
        (
            "an exit hook on a class of another module",
            "import collections\ncollections.Counter.extra = 1\ndef f(xs):\n    return sorted(xs)\n",
        ),
    ];
    let sources: Vec<&str> = attacks.iter().map(|(_, source)| *source).collect();
    let found = judge(BASELINE, &sources);
    for ((name, _), candidate) in attacks.iter().zip(&found) {
        eprintln!("{name}: {:?} {} {:.2} s", candidate.conclusion, candidate.reason, candidate.seconds);
    }
    let accepted: Vec<&str> =
        attacks.iter().zip(&found).filter(|(_, one)| one.conclusion == Conclusion::Same).map(|((name, _), _)| *name).collect();
    assert!(accepted.is_empty(), "accepted: {accepted:?}");
}

#[test]
fn right_candidates_are_the_same_under_every_interpreter() {
    let right = [
        "def f(xs):\n    ys = list(xs)\n    ys.sort()\n    return ys\n",
        "from heapq import merge\ndef f(xs):\n    return sorted(list(xs))\n",
        "_pool = ()\ndef _sorted(xs):\n    return sorted(xs)\ndef f(xs):\n    return _sorted(xs)\n",
        "import functools\n@functools.lru_cache(maxsize=64)\ndef _memo(key):\n    return tuple(sorted(key))\ndef f(xs):\n    return list(_memo(tuple(xs))) if all(type(x) is int for x in xs) else sorted(xs)\n",
    ];
    for interpreter in interpreters() {
        for candidate in judge_with(&interpreter, BASELINE, &right, list_cases()) {
            assert_eq!(candidate.conclusion, Conclusion::Same, "{interpreter} {}: {}", candidate.id, candidate.reason);
        }
    }
}

#[test]
fn a_bounded_memo_is_named() {
    let memo = "import functools\n@functools.lru_cache(maxsize=64)\ndef _memo(key):\n    return tuple(sorted(key))\ndef f(xs):\n    return list(_memo(tuple(xs))) if {type(x) for x in xs} == {int} else sorted(xs)\n";
    let found = judge(BASELINE, &[memo]);
    assert_eq!(found[0].memo, "pkg.m._memo", "{found:?}");
}

#[test]
fn a_counterexample_is_small_and_says_what_differs() {
    let wrong = "def f(xs):\n    return sorted(xs)[:4]\n";
    let found = judge(BASELINE, &[wrong]);
    let told = found[0].counterexample.as_ref().expect("a counterexample");
    assert_eq!((told.aspect.as_str(), found[0].conclusion), ("result", Conclusion::Different));
    assert_eq!(told.input, "f([0, 0, 0, 0, 0])");
    assert_eq!((told.baseline.as_str(), told.candidate.as_str()), ("[0, 0, 0, 0, 0]", "[0, 0, 0, 0]"));
}
