"""Counts ranked ballots: the weakest candidate goes out, round after round, until one has more than half."""


def count(ballots: list[list[str]], candidates: list[str]) -> list[tuple[str, int]]:
    """(candidate, votes) of the last round, strongest first; among equals who was named first as a candidate stays."""
    if not candidates:
        raise ValueError("no candidates")
    running = []
    for candidate in candidates:
        if candidate not in running:
            running.append(candidate)
    while True:
        votes = {}
        for candidate in running:
            votes[candidate] = 0
        valid = 0
        for ballot in ballots:
            choice = None
            for name in ballot:
                if choice is None and name in running:
                    choice = name
            if choice is not None:
                votes[choice] += 1
                valid += 1
        order = []
        for candidate in running:
            place = 0
            while place < len(order) and votes[order[place]] >= votes[candidate]:
                place += 1
            order.insert(place, candidate)
        if votes[order[0]] * 2 > valid or len(order) == 1:
            return [(candidate, votes[candidate]) for candidate in order]
        running.remove(order[-1])
