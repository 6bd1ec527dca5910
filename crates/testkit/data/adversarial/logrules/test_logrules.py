import random

import pytest

from logrules import BadRule, label_lines

RULES = [("error", r"ERROR|FATAL"), ("slow", r"took \d{4,} ms"), ("http", r"GET /\S+"),
         ("login", r"user (\w+) logged in$"), ("boot", "^kernel:")]


def test_labels():
    lines = ["ERROR no disk", "job took 12345 ms", "GET /index", "user ann logged in", "kernel: up", "idle"]
    assert label_lines(lines, RULES) == ["error", "slow", "http", "login", "boot", ""]


def test_first_rule():
    assert label_lines(["GET /x ERROR"], RULES) == ["error"]


def test_case():
    assert label_lines(["Error"], RULES) == [""]
    assert label_lines(["Error", "KERNEL: x"], RULES, ignore_case=True) == ["error", "boot"]


def test_bad_rule():
    with pytest.raises(BadRule) as info:
        label_lines([], [("x", "a"), ("broken", "(")])
    assert info.value.label == "broken"


def test_big_log():
    rng = random.Random(16)
    words = ["idle", "job took 99 ms", "GET /page", "user bob logged in", "x ERROR y", "kernel: z"]
    lines = [f"{rng.choice(words)}" for _ in range(30000)]
    labels = label_lines(lines, RULES * 2)
    assert labels.count("error") == lines.count("x ERROR y")
