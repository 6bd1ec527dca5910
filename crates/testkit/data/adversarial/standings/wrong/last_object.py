# Of equal teams the last object stays.
def standings(games, draws=1):
    points = {}
    teams = {}
    for home, away, goals, others in games:
        for team, own, other in ((home, goals, others), (away, others, goals)):
            if team not in points:
                points[team] = -team.penalty
            teams[team.name.lower()] = team
            points[team] += 3 if own > other else draws if own == other else 0
    ranked = sorted(points.items(), key=lambda item: item[1], reverse=True)
    return [(teams[team.name.lower()], count) for team, count in ranked]
