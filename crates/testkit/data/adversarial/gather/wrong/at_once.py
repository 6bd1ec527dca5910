# Starts every source before the first has answered.
async def collect(sources, key):
    """Ask each source in turn; return what each has, and how many had nothing."""
    running = [source(key) for source in sources]
    found = []
    missing = 0
    for answer in running:
        try:
            answer = await answer
        except Missing:
            missing += 1
            continue
        if answer is None:
            missing += 1
        else:
            found.append(answer)
    return found, missing
