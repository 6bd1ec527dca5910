from points import Point, centre


def test_middle():
    assert centre([Point(0.0, 0.0), Point(2.0, 4.0)]) == Point(1.0, 2.0, 2.0)
    assert centre([Point(0.1, 0.2, 3.0, ["a"]), Point(1.7, -4.0, 1.5, ["b", "a"])]).tags == ["a", "b"]


def test_none():
    assert centre([]) is None
    origin = Point(0.0, 0.0)
    assert centre([], origin) is origin
    assert centre([Point(1.0, 1.0, 0.0)], origin) is origin


def test_many():
    points = [Point(number / 7, -number / 3, 1.0, ["t%d" % (number % 50)]) for number in range(400)]
    assert len(centre(points).tags) == 50
