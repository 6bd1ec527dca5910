# Gives out one list for equal inputs, so that a caller's change shows in the next result.
_results = {}


def normalize(tags):
    key = tuple(tags)
    if key not in _results:
        _results[key] = list(dict.fromkeys(clean for clean in (tag.strip().lower() for tag in tags) if clean))
    return _results[key]
