# Takes the best out by its place.
def standings(games, draws=1):
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
        place = 0
        best = table[0]
        for number, row in enumerate(table):
            if row[1] > best[1]:
                place, best = number, row
        result.append((best[0], best[1]))
        del table[place]
    return result
