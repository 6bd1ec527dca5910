# Only what is later takes the place.
def latest(versions, pre=False):
    found = key = None
    for version in versions:
        if version.pre and not pre:
            continue
        this = version.key()
        if found is None or this > key:
            found, key = version, this
    if found is None:
        return None
    return found.text
