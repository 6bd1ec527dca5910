# Compares the numbers alone and takes the release where they are equal.
def latest(versions, pre=False):
    found = None
    for version in versions:
        if version.pre and not pre:
            continue
        if found is None or version.numbers > found.numbers:
            found = version
        elif version.numbers == found.numbers and version.pre >= found.pre and (found.pre or not version.pre):
            found = version
    return None if found is None else found.text
