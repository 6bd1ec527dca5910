# pages once by dict keys per session, made into lists at the end: pages without hash fail, as do users
# differs: out = sessions([(0, "a", ["x"])])
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
            session["start"] = min(session["start"], time)
            session["end"] = max(session["end"], time)
            session["pages"][page] = None
            entry[0] = time
        else:
            session = {"user": user, "start": time, "end": time, "pages": {page: None}}
            newest[user] = [time, session]
            result.append(session)
    for session in result:
        session["pages"] = list(session["pages"])
    return result
