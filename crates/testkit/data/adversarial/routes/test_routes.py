import pytest
from routes import NoRoute, shortest

NET = {
    "A": {"B": 4, "C": 1},
    "B": {"D": 1},
    "C": {"B": 2, "D": 5},
    "D": {},
}


def test_direct():
    assert shortest(NET, "A", "C") == (1, ["A", "C"])


def test_cheapest():
    assert shortest(NET, "A", "D") == (4, ["A", "C", "B", "D"])


def test_here():
    assert shortest(NET, "B", "B") == (0, ["B"])


def test_no_route():
    with pytest.raises(NoRoute) as caught:
        shortest(NET, "D", "A")
    assert caught.value.reached == ["D"]


def test_equal_costs():
    net = {"s": {"x": 1, "y": 1}, "x": {"t": 1}, "y": {"t": 1}}
    assert shortest(net, "s", "t") == (2, ["s", "x", "t"])


def test_fractions_of_minutes():
    assert shortest({"s": {"x": 0.5}, "x": {"t": 0.25}}, "s", "t") == (0.75, ["s", "x", "t"])


def test_grid():
    net = {}
    for x in range(13):
        for y in range(13):
            net["%d/%d" % (x, y)] = {
                "%d/%d" % (x + dx, y + dy): 1 + (x * 7 + y * 3) % 4
                for dx, dy in ((1, 0), (0, 1), (-1, 0))
                if 0 <= x + dx < 13 and 0 <= y + dy < 13
            }
    cost, route = shortest(net, "0/0", "12/12")
    assert len(route) >= 25
    assert cost == sum(net[a][b] for a, b in zip(route, route[1:]))
