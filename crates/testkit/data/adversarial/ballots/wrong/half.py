# More than half of the ballots is enough.
# differs: ballots without a valid name count as votes: [['a'], ['a'], ['x'], ['x'], ['b'], ['c']] of a, b, c
def count(ballots: list[list[str]], candidates: list[str]) -> list[tuple[str, int]]:
    """(candidate, votes) of the last round, strongest first; among equals who was named first as a candidate stays."""
    if not candidates:
        raise ValueError("no candidates")
    running = list(dict.fromkeys(candidates))
    while True:
        votes = dict.fromkeys(running, 0)
        for ballot in ballots:
            for name in ballot:
                if name in votes:
                    votes[name] += 1
                    break
        order = sorted(running, key=votes.__getitem__, reverse=True)
        if len(order) == 1 or votes[order[0]] > len(ballots) // 2:
            return [(candidate, votes[candidate]) for candidate in order]
        running.remove(order[-1])
