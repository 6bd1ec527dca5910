# Asks a source that stands twice only once.
async def collect(sources, key):
    """Ask each source in turn; return what each has, and how many had nothing."""
    found = []
    missing = 0
    known = {}
    for source in sources:
        try:
            if source not in known:
                known[source] = await source(key)
            answer = known[source]
        except Missing:
            missing += 1
            continue
        if answer is None:
            missing += 1
        else:
            found.append(answer)
    return found, missing
