# A heap of (cost, number, station), the number counted at each entry.
# differs: a station found early and improved later stands behind one found in between with the same cost: {'s': {'x': 5, 'y': 2, 'z': 1}, 'z': {'x': 1}, 'x': {'t': 1}, 'y': {'t': 1}}
def shortest(links: dict, start, goal):
    """(cost, stations) of the cheapest route; of equal ones the one through what was found first."""
    from heapq import heappop, heappush
    costs = {start: 0}
    origin = {}
    heap = [(0, 0, start)]
    number = 0
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
            if station not in costs or reached < costs[station]:
                costs[station] = reached
                origin[station] = best
                number += 1
                heappush(heap, (reached, number, station))
    raise NoRoute(start, goal, list(done))
