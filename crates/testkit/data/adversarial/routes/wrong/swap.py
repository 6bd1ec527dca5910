# Takes the best out by moving the last one to its place, so that nothing is shifted.
# differs: ties after the swap: {'s': {'x': 1, 'y': 2, 'z': 2}, 'x': {}, 'y': {'t': 1}, 'z': {'t': 1}} -> z is asked before y
def shortest(links: dict, start, goal):
    """(cost, stations) of the cheapest route; of equal ones the one through what was found first."""
    costs = {start: 0}
    origin = {}
    waiting = [start]
    done = {}
    while waiting:
        least = min([costs[station] for station in waiting])
        place = 0
        while costs[waiting[place]] != least:
            place += 1
        best = waiting[place]
        last = waiting.pop()
        if place < len(waiting):
            waiting[place] = last
        done[best] = None
        if best == goal:
            route = [best]
            while route[-1] in origin:
                route.append(origin[route[-1]])
            route.reverse()
            return costs[best], route
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
