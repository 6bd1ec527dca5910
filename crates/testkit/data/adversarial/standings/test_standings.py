from standings import Team, standings

A, B, C = Team("Ants"), Team("Bees"), Team("Cows", "ch")


def test_points():
    assert standings([(A, B, 2, 1)]) == [(A, 3), (B, 0)]
    assert standings([(A, B, 1, 2), (B, C, 0, 0)]) == [(B, 4), (C, 1), (A, 0)]
    assert standings([]) == []


def test_draws():
    assert standings([(A, B, 1, 1)], 2) == [(A, 2), (B, 2)]
    assert standings([(A, B, 1, 1), (A, C, 1, 1)], draws=0) == [(A, 0), (B, 0), (C, 0)]


def test_names():
    assert standings([(A, B, 2, 1), (Team("ants"), C, 3, 0)])[0] == (A, 6)


def test_penalty():
    late = Team("Dogs")
    late.penalty = 4
    assert standings([(late, A, 1, 0), (late, B, 1, 1)])[0] == (B, 1)


def test_many():
    teams = [Team("t%d" % number) for number in range(20)]
    games = [(first, second, number % 3, place % 4) for number, first in enumerate(teams) for place, second in enumerate(teams) if first is not second]
    assert len(standings(games)) == 20
