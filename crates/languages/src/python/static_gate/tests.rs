use whetstone_core::{TargetName, TargetSite};

use super::*;

const FILE: &str = "import os\nimport re\n\nLIMIT = 3\n\n\nclass Shop:\n    tax = 1\n\n    def total(self, items, rate=1.0, *rest):\n        result = 0\n        for item in items:\n            result += item\n        return result * rate\n\n    def other(self):\n        return 2\n\n\ndef walk(tree):\n    yield tree\n";

fn judge(after: &str) -> Vec<String> {
    let target = TargetSite { name: TargetName::new("shop", "Shop.total"), file: "shop.py".into(), line: 10, end_line: 14 };
    check(FILE, after, &target, &GateOptions::default()).into_iter().map(|refusal| refusal.reason).collect()
}

fn with_body(body: &str) -> String {
    FILE.replace("        result = 0\n        for item in items:\n            result += item\n        return result * rate\n", body)
}

fn with_top(top: &str, body: &str) -> String {
    with_body(body).replace("\n\n\nclass Shop", &format!("\n\n{top}\n\nclass Shop"))
}

#[track_caller]
fn allowed(after: &str) {
    assert_eq!(judge(after), Vec::<String>::new(), "{after}");
}

#[track_caller]
fn refused(after: &str, because: &str) {
    let reasons = judge(after);
    assert!(reasons.iter().any(|reason| reason.contains(because)), "{reasons:?} for\n{after}");
}

#[test]
fn what_a_person_would_write_passes() {
    allowed(FILE);
    allowed(&with_body("        return sum(items) * rate\n"));
    allowed(&with_body("        self.count = 1\n        items[0].seen = True\n        return sum(items) * rate\n"));
    allowed(&with_body(
        "        from collections import deque\n        queue = deque(items)\n        queue.time = 1\n        modules = argv = 2\n        return sum(queue) * rate\n",
    ));
    allowed(&with_top(
        "_WORD = re.compile(r'\\w')\n_SEEN = {}\n\n\ndef _add(one, other):\n    return one + other\n",
        "        if type(rate) is float:\n            return _SEEN.get(rate)\n        return _add(sum(items), 0) * rate\n",
    ));
    allowed(
        &with_body("        return sum(items) * rate\n")
            .replace("import re\n", "import re\nimport functools\nimport itertools as it\nfrom operator import mul\n"),
    );
    allowed(&with_top("_LAST = None", "        global _LAST\n        _LAST = rate\n        return sum(items) * rate\n"));
    allowed(&with_body("        return sum(items) * rate\n\n    def _helper(self):\n        return 1\n"));
    allowed(&with_body("        compile = re.compile\n        id = 4\n        return os.path.join(str(id), '')\n"));
    allowed(&with_body("        name = 'x'\n        setattr(self, 'count', 1)\n        return getattr(self, 'count') * rate\n"));
    allowed(
        &with_body("        # sums\n        result = 0\n        return (result\n                + sum(items)) * rate\n")
            .replace("LIMIT = 3", "LIMIT = 3  # three"),
    );
}

#[test]
fn signature_decorators_and_kind_stay() {
    refused(&FILE.replace("rate=1.0", "rate=1"), "signature changed");
    refused(&FILE.replace("*rest", "*, rest"), "signature changed");
    refused(&FILE.replace("    def total(self", "    @staticmethod\n    def total(self"), "decorators changed");
    refused(&FILE.replace("    def total(self", "    async def total(self"), "became `async`");
    refused(&FILE.replace("return result * rate", "yield result * rate"), "became a generator");
    refused(&FILE.replace("items, rate", "items: list, rate"), "annotations changed");
    allowed(&FILE.replace("self, items, rate=1.0, *rest", "self, items,\n              rate = 1.0, *rest"));
}

#[test]
fn only_the_target_is_edited() {
    refused(&FILE.replace("return 2", "return 3"), "`def other(self):` is changed or gone");
    refused(&FILE.replace("LIMIT = 3", "LIMIT = 4"), "`LIMIT = 3` is changed");
    refused(&FILE.replace("    tax = 1\n", "    tax = 1\n    vat = 2\n"), "`vat` is new");
    refused(&FILE.replace("LIMIT = 3", "LIMIT = 3\nprint(1)"), "`print(1)` is new");
    refused(&FILE.replace("LIMIT = 3", "LIMIT = 3\ndef __getattr__(name):\n    return 1\n"), "`__getattr__`");
    refused(&FILE.replace("LIMIT = 3", "LIMIT = 3\ndef helper():\n    return 1\n"), "public names");
    refused(&FILE.replace("LIMIT = 3", "LIMIT = 3\nfrom math import pow as os\n"), "hides");
    refused(&FILE.replace("LIMIT = 3", "LIMIT = 3\nfrom math import pow\n"), "built-in `pow`");
    refused(&FILE.replace("class Shop:", "class Shop(dict):"), "changed or gone");
}

#[test]
fn new_reaches_beyond_computing_are_refused() {
    for (body, because) in [
        ("        import subprocess\n        return 1\n", "processes"),
        ("        import numpy\n        return 1\n", "third-party"),
        ("        return os.environ.get('X')\n", "operating system"),
        ("        import sys\n        return sys._getframe()\n", "stack frames"),
        ("        import sys\n        return len(sys.modules)\n", "interpreter"),
        ("        import time as clock\n        return clock.time()\n", "clocks"),
        ("        from time import perf_counter\n        return perf_counter()\n", "clocks"),
        ("        import gc\n        gc.disable()\n        return 1\n", "garbage"),
        ("        return eval('1')\n", "runs text"),
        ("        return open('x')\n", "file system"),
        ("        return __import__('os')\n", "loads modules"),
        ("        globals()['LIMIT'] = 1\n", "`globals`"),
        ("        re.compile = len\n        return 1\n", "`re.compile` is set"),
        ("        Shop.tax = 2\n        return 1\n", "`Shop.tax` is set"),
        ("        walk.cache = {}\n        return 1\n", "`walk.cache` is set"),
        ("        setattr(re, 'x', 1)\n        return 1\n", "`setattr` on `re`"),
        ("        return getattr(self, rate)\n", "computed name"),
        ("        return self.other.__globals__\n", "__globals__"),
        ("        return '{0.__globals__}'.format(self.other)\n", "__globals__"),
        ("        global LIMIT\n        LIMIT = 2\n        return 1\n", "`global LIMIT`"),
        ("        import threading\n        threading.Thread(target=len).start()\n        return 1\n", "threads"),
        ("        from datetime import datetime\n        return datetime.now()\n", "clocks"),
        ("        import importlib\n        return 1\n", "loaded modules"),
        ("        import ctypes\n        return 1\n", "memory"),
        ("        sneak = __builtins__\n        return 1\n", "built-in"),
    ] {
        refused(&with_body(body), because);
    }
    refused(&with_top("import threading\n_T = threading.Thread()", "        return 1\n"), "threads");
}

#[test]
fn what_the_target_did_before_it_may_still_do() {
    let before = "import os\n\ndef f(a):\n    x = os.getcwd()\n    y = os.listdir(x)\n    return len(y) + a\n";
    let after = "import os\n\ndef f(a):\n    return len(os.listdir(os.getcwd())) + a\n";
    let target = TargetSite { name: TargetName::new("m", "f"), file: "m.py".into(), line: 3, end_line: 6 };
    assert_eq!(check(before, after, &target, &GateOptions::default()), []);
}

#[test]
fn tests_and_build_files_are_protected() {
    for path in ["tests/a.py", "conftest.py", "pkg/test_x.py", "setup.py", "pyproject.toml", "requirements-dev.txt"] {
        assert!(protected(path).is_some(), "{path}");
    }
    assert!(["pkg/testing.py", "pkg/contest.py", "latest.py"].iter().all(|path| protected(path).is_none()));
}

#[test]
fn added_state_is_named() {
    let target = TargetSite { name: TargetName::new("shop", "Shop.total"), file: "shop.py".into(), line: 10, end_line: 14 };
    let after = with_top(
        "_WORD = re.compile('a')\n_MEMO = {}\n_LAST = None",
        "        global _LAST\n        _MEMO[rate] = 1\n        _LAST = _WORD\n        return 1\n",
    );
    let state: Vec<(String, bool)> = private_state(FILE, &after, &target).into_iter().map(|one| (one.name, one.is_mutable)).collect();
    assert_eq!(state, [("_WORD".to_owned(), false), ("_MEMO".to_owned(), true), ("_LAST".to_owned(), true)]);
}
