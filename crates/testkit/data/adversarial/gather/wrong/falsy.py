# Takes 0 and the empty text for nothing.
async def collect(sources, key):
    """Ask each source in turn; return what each has, and how many had nothing."""
    found = []
    missing = 0
    for source in sources:
        try:
            answer = await source(key)
        except Missing:
            missing += 1
            continue
        if answer:
            found.append(answer)
        else:
            missing += 1
    return found, missing
