# append for a new list at each answer.
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
        if answer is None:
            missing += 1
        else:
            found.append(answer)
    return found, missing
