# The penalty at the end, from whichever object stands there last.
def standings(games, draws=1):
    points = {}
    penalties = {}
    for home, away, goals, others in games:
        for team, own, other in ((home, goals, others), (away, others, goals)):
            points[team] = points.get(team, 0) + (3 if own > other else draws if own == other else 0)
            penalties[team] = team.penalty
    totals = [(team, count - penalties[team]) for team, count in points.items()]
    return sorted(totals, key=lambda row: row[1], reverse=True)
