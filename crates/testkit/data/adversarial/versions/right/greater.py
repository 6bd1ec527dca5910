# Asks the key once a version; equal ones follow.
def latest(versions, pre=False):
    found = None
    for version in versions:
        if version.pre and not pre:
            continue
        if found is None or not version < found:
            found = version
    return None if found is None else found.text
