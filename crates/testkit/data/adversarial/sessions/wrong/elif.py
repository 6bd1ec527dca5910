# a time is new start or new end, never both, and the start is looked at only if it was late
# differs: out = sessions([(1, "a", "x"), (1.0, "a", "x")])
def sessions(events: Iterable[tuple[float, str, object]], gap: int = 30) -> list:
    """Events are (time, user, page), in the order of arrival, which may not be that of their times. An event joins the
    user's newest session if it is at most `gap` from the last event that joined it, otherwise it opens one. Sessions come
    in the order of their opening: {"user", "start", "end", "pages"}."""
    result = []
    newest = {}
    for time, user, page in events:
        entry = newest.get(user)
        if entry is not None and abs(time - entry[0]) <= gap:
            session = entry[1]
            if time >= entry[0]:
                if time >= session["end"]:
                    session["end"] = time
            elif time < session["start"]:
                session["start"] = time
            entry[0] = time
            if page not in session["pages"]:
                session["pages"].append(page)
        else:
            session = {"user": user, "start": time, "end": time, "pages": [page]}
            newest[user] = [time, session]
            result.append(session)
    return result
