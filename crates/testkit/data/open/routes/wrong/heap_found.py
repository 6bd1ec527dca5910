# A heap whose ties go by the number with which a station was first found, as the list had it.
# differs: stations that equal: {'s': {1: 5, 'y': 1}, 'y': {1.0: 1}, 1: {'t': 1}} -> the route names 1.0 instead of 1; and nan
def shortest(links: dict, start, goal):
    """(cost, stations) of the cheapest route; of equal ones the one through what was found first."""
    from heapq import heappop, heappush
    costs = {start: 0}
    found = {start: 0}
    origin = {}
    heap = [(0, 0, start)]
    done = {}
    while heap:
        here, _, best = heappop(heap)
        if best in done:
            continue
        done[best] = None
        if best == goal:
            route = [best]
            while route[-1] in origin:
                route.append(origin[route[-1]])
            route.reverse()
            return here, route
        for station, cost in links.get(best, {}).items():
            if station in done:
                continue
            reached = here + cost
            if station not in costs:
                found[station] = len(found)
            elif not reached < costs[station]:
                continue
            costs[station] = reached
            origin[station] = best
            heappush(heap, (reached, found[station], station))
    raise NoRoute(start, goal, list(done))
