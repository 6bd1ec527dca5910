# casefold is not lower.
def standings(games, draws=1):
    rows = {}
    for home, away, goals, others in games:
        for team, own, other in ((home, goals, others), (away, others, goals)):
            name = team.name.casefold()
            row = rows.get(name)
            if row is None:
                row = rows[name] = [team, -team.penalty]
            row[1] += 3 if own > other else draws if own == other else 0
    return [(team, points) for team, points in sorted(rows.values(), key=lambda row: row[1], reverse=True)]
