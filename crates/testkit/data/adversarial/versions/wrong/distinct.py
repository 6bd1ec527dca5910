# Equal ones once: of those the first stays.
def latest(versions, pre=False):
    kept = {}
    for version in versions:
        if not version.pre or pre:
            kept.setdefault(version.key(), version)
    if not kept:
        return None
    return kept[max(kept)].text
