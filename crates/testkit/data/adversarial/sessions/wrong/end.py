# compares with the session's end instead of the last event that joined
# differs: out = sessions([(10, "a", "x"), (0, "a", "x"), (20, "a", "x"), (5, "a", "x"), (36, "a", "y")], 16)
def sessions(events: Iterable[tuple[float, str, object]], gap: int = 30) -> list:
    """Events are (time, user, page), in the order of arrival, which may not be that of their times. An event joins the
    user's newest session if it is at most `gap` from the last event that joined it, otherwise it opens one. Sessions come
    in the order of their opening: {"user", "start", "end", "pages"}."""
    result = []
    newest = {}
    for time, user, page in events:
        session = newest.get(user)
        if session is not None and abs(time - session["end"]) <= gap:
            if time < session["start"]:
                session["start"] = time
            if time > session["end"]:
                session["end"] = time
            if page not in session["pages"]:
                session["pages"].append(page)
        else:
            newest[user] = session = {"user": user, "start": time, "end": time, "pages": [page]}
            result.append(session)
    return result
