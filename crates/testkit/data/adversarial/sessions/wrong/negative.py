# skips the work for events that repeat the one before, which with a negative gap would each open a session
# differs: out = sessions([(0, "a", "x"), (0, "a", "x")], gap=-1)
def sessions(events: Iterable[tuple[float, str, object]], gap: int = 30) -> list:
    """Events are (time, user, page), in the order of arrival, which may not be that of their times. An event joins the
    user's newest session if it is at most `gap` from the last event that joined it, otherwise it opens one. Sessions come
    in the order of their opening: {"user", "start", "end", "pages"}."""
    result = []
    newest = {}
    for time, user, page in events:
        entry = newest.get(user)
        if entry is not None and (entry[0] == time or abs(time - entry[0]) <= gap):
            session = entry[1]
            session["start"] = min(session["start"], time)
            session["end"] = max(session["end"], time)
            entry[0] = time
            if page not in session["pages"]:
                session["pages"].append(page)
        else:
            session = {"user": user, "start": time, "end": time, "pages": [page]}
            newest[user] = [time, session]
            result.append(session)
    return result
