# max takes the first of equals.
def latest(versions, pre=False):
    found = max((version for version in versions if pre or not version.pre), default=None)
    return None if found is None else found.text
