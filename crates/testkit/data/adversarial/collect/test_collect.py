from collect import collect


def test_a_new_list_each_time(capsys):
    first = collect([1, 2, 5000])
    second = collect([3])
    assert (first, second) == ([1, 2], [3])
    assert capsys.readouterr().out == "dropped 5000\n"


def test_into_a_given_list():
    target = [0]
    assert collect(range(500), target) is target
    assert len(target) == 501


def test_iterators():
    assert collect(iter([5, 6]), limit=6) == [5]
    for size in (0, 1, 50, 800):
        assert len(collect(range(size))) == size
