# Only the ballots of who goes out are looked at again.
# differs: ... whose ballot has no name left counts on as valid: [['a'], ['a'], ['b'], ['c'], ['d']]
def count(ballots: list[list[str]], candidates: list[str]) -> list[tuple[str, int]]:
    """(candidate, votes) of the last round, strongest first; among equals who was named first as a candidate stays."""
    if not candidates:
        raise ValueError("no candidates")
    running = list(dict.fromkeys(candidates))
    piles = {candidate: [] for candidate in running}
    valid = 0
    for ballot in ballots:
        for name in ballot:
            if name in piles:
                piles[name].append(ballot)
                valid += 1
                break
    while True:
        order = sorted(running, key=lambda name: len(piles[name]), reverse=True)
        if len(piles[order[0]]) * 2 > valid or len(order) == 1:
            return [(candidate, len(piles[candidate])) for candidate in order]
        running.remove(order[-1])
        for ballot in piles.pop(order[-1]):
            for name in ballot:
                if name in piles:
                    piles[name].append(ballot)
                    break
