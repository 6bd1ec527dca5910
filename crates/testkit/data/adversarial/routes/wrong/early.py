# Ends when the goal is found by the cheapest link that leaves where we are.
# differs: {'s': {'t': 5, 'a': 5}, 'a': {'t': 0}} no; a link cheaper than what waits: {'s': {'t': 3, 'a': 3}, 'a': {'t': -1}} (a refund)
def shortest(links: dict, start, goal):
    """(cost, stations) of the cheapest route; of equal ones the one through what was found first."""
    costs = {start: 0}
    origin = {}
    waiting = [start]
    done = {}
    lowest = None
    while waiting:
        best = min(waiting, key=costs.__getitem__)
        if goal in costs and not costs[best] < costs[goal]:
            best = goal
            route = [best]
            while route[-1] in origin:
                route.append(origin[route[-1]])
            route.reverse()
            return costs[best], route
        waiting.remove(best)
        done[best] = None
        here = costs[best]
        for station, cost in links.get(best, {}).items():
            if station in done:
                continue
            reached = here + cost
            if station not in costs:
                waiting.append(station)
            elif not reached < costs[station]:
                continue
            costs[station] = reached
            origin[station] = best
    raise NoRoute(start, goal, list(done))
