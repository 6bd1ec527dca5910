use super::*;

const FILE: &str = "\"\"\"Doc.\"\"\"\nimport os\nimport re  # patterns\n\n\n# about A\nclass A:\n    size = 1\n\n    @property\n    def x(self) -> int:\n        \"\"\"The x.\n\n        Long.\n        \"\"\"\n        return 1  # one\n\n    # about go\n    def go(self, n: int = 3):\n        return n\n\n\ndef f(a):\n    def inner(b):\n        return b\n    return inner(a)\n";

fn name(qualname: &str) -> TargetName {
    TargetName::new("m", qualname)
}

#[test]
fn a_method_keeps_decorators_annotations_docstring_and_surroundings() {
    let edited = replace_target(FILE, &name("A.x"), "def x(self):\n    value = 2\n    return value\n").expect("fits");
    let expected = FILE.replace("        return 1  # one\n", "        value = 2\n        return value\n");
    assert_eq!(edited, expected);
}

#[test]
fn imports_and_helpers_go_where_a_person_would_put_them() {
    let replacement = "import re\nfrom collections import deque\n\n_LIMIT = 3\n\n\ndef _help(n):\n    return deque([n])\n\n\ndef go(self, n: int = 3):\n    return _help(n)[0] + self._more(n)\n\ndef _more(self, n):\n    return 0\n";
    let edited = replace_target(FILE, &name("A.go"), replacement).expect("fits");
    let head = "import re  # patterns\nfrom collections import deque\n\n\n_LIMIT = 3\n\n\ndef _help(n):\n    return deque([n])\n\n\n# about A\nclass A:\n";
    assert!(edited.contains(head), "{edited}");
    assert!(edited.contains("    # about go\n    def _more(self, n):\n        return 0\n\n    def go(self, n: int = 3):\n        return _help(n)[0] + self._more(n)\n"), "{edited}");
}

#[test]
fn a_nested_function_an_indented_answer_and_another_unit_fit() {
    let edited =
        replace_target(FILE, &name("f.<locals>.inner"), "    def inner(b):\n      if b:\n        return '''x\n   y'''\n      return 2\n")
            .expect("fits");
    assert!(
        edited.contains("    def inner(b):\n        if b:\n            return '''x\n   y'''\n        return 2\n    return inner(a)\n"),
        "{edited}"
    );
}

#[test]
fn a_class_around_the_method_is_taken_off_and_other_members_must_be_the_same() {
    let wrapped = "class A:\n    size = 1\n\n    def go(self, n: int = 3):\n        return int(n)\n";
    assert!(replace_target(FILE, &name("A.go"), wrapped).expect("fits").contains("        return int(n)\n"));
    let changed =
        "class A:\n    @property\n    def x(self) -> int:\n        return 7\n\n    def go(self, n: int = 3):\n        return int(n)\n";
    assert!(matches!(replace_target(FILE, &name("A.go"), changed), Err(EditError::TouchesMore { .. })));
}

#[test]
fn a_whole_file_and_a_patch_are_taken_as_such() {
    let whole = FILE.replace("return inner(a)", "return a");
    assert_eq!(replace_target(FILE, &name("f"), &whole).expect("a file"), whole);
    let patch = diff("m.py", FILE, &whole);
    assert_eq!(replace_target(FILE, &name("f"), &patch).expect("a patch"), whole);
}

#[test]
fn a_target_with_the_files_imports_is_no_whole_file() {
    let file = "\"\"\"Says what it is for.\"\"\"\nimport copy\n\n\ndef f(a):\n    return copy.deepcopy(a)\n";
    let piece = "import copy\n\n\ndef f(a):\n    return copy.copy(a)\n";
    let edited = replace_target(file, &name("f"), piece).expect("fits");
    assert_eq!(edited, file.replace("deepcopy(a)", "copy(a)"));
    let whole = edited.replace("import copy\n", "import copy\nimport os\n");
    assert_eq!(replace_target(file, &name("f"), &whole).expect("a file"), whole);
}

#[test]
fn windows_newlines_stay() {
    let edited = replace_target("def f():\r\n    return 1\r\n", &name("f"), "def f():\n    x = 2\n    return x\n").expect("fits");
    assert_eq!(edited, "def f():\r\n    x = 2\r\n    return x\r\n");
}

#[test]
fn each_mistake_is_named() {
    let refuse = |replacement: &str| replace_target(FILE, &name("f"), replacement).expect_err("wrong").to_string();
    assert_eq!(refuse("def g(a):\n    return a\n"), "the replacement defines `g`, but `f` is the target");
    assert_eq!(refuse("def f(a):\n    return (\n"), "the replacement does not parse: line 1: `def f(a):`");
    assert_eq!(refuse("  \n"), "the replacement is empty");
    assert!(refuse("class A:\n    pass\n\ndef f(a):\n    return a\n").contains("`A` already"));
    assert!(refuse("def f(a):\n    return a\n\nprint(f(1))\n").contains("`print(f(1))`"));
    let missing = replace_target(FILE, &name("A.gone"), "def gone(self): pass\n").expect_err("missing").to_string();
    assert!(missing.contains("did you mean A.go?"), "{missing}");
}

#[test]
fn a_name_defined_twice_is_found_by_its_line() {
    let twice = "if 1:\n    def f():\n        return 1\nelse:\n    def f():\n        return 2\n";
    assert!(matches!(replace_target(twice, &name("f"), "def f():\n    return 3\n"), Err(EditError::Ambiguous { count: 2, .. })));
    let site = TargetSite { name: name("f"), file: "m.py".into(), line: 5, end_line: 6 };
    assert_eq!(replace_at(twice, &site, "def f():\n    return 3\n").expect("fits"), twice.replace("return 2", "return 3"));
}
