"""Groups click events into sessions."""
from collections import defaultdict, deque
from typing import Iterable


def sessions(events: Iterable[tuple[float, str, object]], gap: int = 30) -> list:
    """Events are (time, user, page), in the order of arrival, which may not be that of their times. An event joins the
    user's newest session if it is at most `gap` from the last event that joined it, otherwise it opens one. Sessions come
    in the order of their opening: {"user", "start", "end", "pages"}."""
    result = []
    for time, user, page in events:
        mine = [s for s in result if s["user"] == user]
        if mine and abs(time - mine[-1]["last"]) <= gap:
            session = mine[-1]
            session["start"] = min(session["start"], time)
            session["end"] = max(session["end"], time)
            session["last"] = time
            if page not in session["pages"]:
                session["pages"].append(page)
        else:
            result.append({"user": user, "start": time, "end": time, "last": time, "pages": [page]})
    for session in result:
        del session["last"]
    return result
