# min() by the table of costs takes the first of equal ones, too; what is done is looked up in a dictionary.
def shortest(links: dict, start, goal):
    """(cost, stations) of the cheapest route; of equal ones the one through what was found first."""
    costs = {start: 0}
    origin = {}
    waiting = [start]
    done = []
    closed = set()
    while waiting:
        best = min(waiting, key=costs.__getitem__)
        waiting.remove(best)
        done.append(best)
        closed.add(best)
        if best == goal:
            route = [best]
            while route[-1] in origin:
                route.append(origin[route[-1]])
            route.reverse()
            return costs[best], route
        here = costs[best]
        for station, cost in links.get(best, {}).items():
            if station in closed:
                continue
            reached = here + cost
            if station not in costs:
                waiting.append(station)
                costs[station] = reached
                origin[station] = best
            elif reached < costs[station]:
                costs[station] = reached
                origin[station] = best
    raise NoRoute(start, goal, done)
