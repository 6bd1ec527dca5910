from records import latest


def entry(number, time, **more):
    return dict(more, id="r%d" % number, time=time)


def test_latest():
    old, new, other = entry(1, 3, text="old"), entry(1, 5, text="new"), entry(2, 1)
    assert latest([old, other, new]) == [new, other]
    assert latest([new, old]) == [new]
    assert latest([]) == []


def test_equal_times():
    first, second = entry(1, 3, text="a"), entry(1, 3, text="b")
    assert latest([first, second])[0] is second


def test_many():
    assert len(latest([entry(number % 37, number * 7 % 11) for number in range(300)])) == 37
