# drops users whose last event is more than ten gaps before the newest time of all: one that comes late opens a session anew
# differs: out = sessions([(0, "a", "x"), (500, "b", "x"), (1, "a", "y")])
def sessions(events: Iterable[tuple[float, str, object]], gap: int = 30) -> list:
    """Events are (time, user, page), in the order of arrival, which may not be that of their times. An event joins the
    user's newest session if it is at most `gap` from the last event that joined it, otherwise it opens one. Sessions come
    in the order of their opening: {"user", "start", "end", "pages"}."""
    result = []
    newest = {}
    latest = None
    for time, user, page in events:
        if latest is None or time > latest:
            latest = time
        entry = newest.get(user)
        if entry is not None and latest - entry[0] > 10 * gap and entry[0] < time and len(newest) > 1:
            entry = None
        if entry is not None and abs(time - entry[0]) <= gap:
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
