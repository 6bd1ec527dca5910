# Teams by identity where they are known, by name else; the penalty only once.
def standings(games, draws=1):
    rows = {}
    for home, away, goals, others in games:
        for team, own, other in ((home, goals, others), (away, others, goals)):
            row = rows.get((team.name.lower(), team.country))
            if row is None:
                row = rows[team.name.lower(), team.country] = [team, -team.penalty]
            row[1] += 3 if own > other else draws if own == other else 0
    return [(team, points) for team, points in sorted(rows.values(), key=lambda row: row[1], reverse=True)]
