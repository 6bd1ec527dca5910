"""Finds the cheapest route through a network of stations."""


class NoRoute(LookupError):
    def __init__(self, start, goal, reached):
        super().__init__("no route from %s to %s" % (start, goal))
        self.reached = reached


def shortest(links: dict, start, goal):
    """(cost, stations) of the cheapest route; of equal ones the one through what was found first."""
    costs = {start: 0}
    origin = {}
    waiting = [start]
    done = []
    while waiting:
        best = waiting[0]
        for station in waiting:
            if costs[station] < costs[best]:
                best = station
        waiting.remove(best)
        done.append(best)
        if best == goal:
            route = [best]
            while route[0] in origin:
                route.insert(0, origin[route[0]])
            return costs[best], route
        for station, cost in links.get(best, {}).items():
            if station in done:
                continue
            reached = costs[best] + cost
            if station not in costs:
                waiting.append(station)
                costs[station] = reached
                origin[station] = best
            elif reached < costs[station]:
                costs[station] = reached
                origin[station] = best
    raise NoRoute(start, goal, done)
