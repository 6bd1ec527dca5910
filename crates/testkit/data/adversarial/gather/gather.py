"""Asking sources one after another."""


class Missing(Exception):
    """A source has no such key."""


async def collect(sources, key):
    """Ask each source in turn; return what each has, and how many had nothing."""
    found = []
    missing = 0
    for source in sources:
        try:
            answer = await source(key)
        except Missing:
            missing = missing + 1
            continue
        if answer is None:
            missing = missing + 1
        else:
            found = found + [answer]
    return found, missing
