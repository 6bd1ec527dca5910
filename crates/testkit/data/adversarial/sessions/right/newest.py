# the newest session of each user in a dictionary
def sessions(events: Iterable[tuple[float, str, object]], gap: int = 30) -> list:
    """Events are (time, user, page), in the order of arrival, which may not be that of their times. An event joins the
    user's newest session if it is at most `gap` from the last event that joined it, otherwise it opens one. Sessions come
    in the order of their opening: {"user", "start", "end", "pages"}."""
    result = []
    newest = {}
    for time, user, page in events:
        session = newest.get(user)
        if session is not None and abs(time - session["last"]) <= gap:
            session["start"] = min(session["start"], time)
            session["end"] = max(session["end"], time)
            session["last"] = time
            if page not in session["pages"]:
                session["pages"].append(page)
        else:
            newest[user] = session = {"user": user, "start": time, "end": time, "last": time, "pages": [page]}
            result.append(session)
    for session in result:
        del session["last"]
    return result
