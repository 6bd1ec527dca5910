# Counts what was asked and takes away what was found.
async def collect(sources, key):
    """Ask each source in turn; return what each has, and how many had nothing."""
    found = []
    asked = 0
    keep = found.append
    for source in sources:
        asked += 1
        try:
            answer = await source(key)
        except Missing:
            continue
        if answer is not None:
            keep(answer)
    return found, asked - len(found)
