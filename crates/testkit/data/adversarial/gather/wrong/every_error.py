# Swallows every error, not only the missing key.
async def collect(sources, key):
    """Ask each source in turn; return what each has, and how many had nothing."""
    found = []
    missing = 0
    for source in sources:
        try:
            answer = await source(key)
        except Exception:
            missing += 1
            continue
        if answer is None:
            missing += 1
        else:
            found.append(answer)
    return found, missing
