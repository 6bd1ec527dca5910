# All candidates without a vote go out together.
def count(ballots: list[list[str]], candidates: list[str]) -> list[tuple[str, int]]:
    """(candidate, votes) of the last round, strongest first; among equals who was named first as a candidate stays."""
    if not candidates:
        raise ValueError("no candidates")
    running = list(dict.fromkeys(candidates))
    while True:
        votes = dict.fromkeys(running, 0)
        valid = 0
        for ballot in ballots:
            for name in ballot:
                if name in votes:
                    votes[name] += 1
                    valid += 1
                    break
        order = sorted(running, key=votes.__getitem__, reverse=True)
        if votes[order[0]] * 2 > valid or len(order) == 1:
            return [(candidate, votes[candidate]) for candidate in order]
        running.remove(order[-1])
        if valid and votes[order[-1]] == 0:
            running = [candidate for candidate in running if votes[candidate]]
