from labels import label


def test_own_list():
    used = []
    assert [label("a", used), label("a", used), label("b", used), label("a", used)] == ["a", "a-2", "b", "a-3"]
    assert used == ["a", "a-2", "b", "a-3"]
    used = ["x", "x-3"]
    assert [label("x", used), label("x", used)] == ["x-2", "x-4"]


def test_shared_list():
    first = label("shared")
    assert label("shared") != first
    for _ in range(30):
        label("many")


def test_long_list():
    used = ["n"] + ["n-%d" % number for number in range(2, 120)]
    assert label("n", used) == "n-120"
