# Sorts in place round by round; a stable sort keeps who stood first.
# differs: equals that were in another order a round before: the order of the list of candidates no longer decides (a 2, b 3, c 1 with c>a: a and b are equal then, a was named first)
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
        running.sort(key=votes.__getitem__, reverse=True)
        if votes[running[0]] * 2 > valid or len(running) == 1:
            return [(candidate, votes[candidate]) for candidate in running]
        running.pop()
