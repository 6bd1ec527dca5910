"""Tables of teams."""


class Team:
    """A team; two with one name, whatever its case, are one team."""

    def __init__(self, name, country="de"):
        self.name = name
        self.country = country
        self.penalty = 0

    def __eq__(self, other):
        return isinstance(other, Team) and self.name.lower() == other.name.lower()

    def __hash__(self):
        return hash(self.name.lower())

    def __repr__(self):
        return "Team(%r)" % self.name


def standings(games, draws=1):
    """Return pairs of a team and its points, most points first, equal ones as they first played. A game is ``(home, away, goals, others)``."""
    table = []
    for home, away, goals, others in games:
        for team, own, other in ((home, goals, others), (away, others, goals)):
            points = 0
            if own > other:
                points = 3
            if own == other:
                points = draws
            for row in table:
                if row[0] == team:
                    row[1] = row[1] + points
                    break
            else:
                table.append([team, points - team.penalty])
    result = []
    while table:
        best = table[0]
        for row in table:
            if row[1] > best[1]:
                best = row
        result.append((best[0], best[1]))
        table = [row for row in table if row is not best]
    return result
