# Lists, tuples and sets give the same each time.
def keywords(text, stop=(), lower=True, separator=" "):
    if not lower:
        return [word for word in text.split(separator) if word and word not in stop]
    words = [word.lower() for word in text.split(separator) if word]
    if not words or type(stop) not in (list, tuple, set, frozenset):
        return [word for word in words if word not in [other.lower() for other in stop]]
    others = [other.lower() for other in stop]
    return [word for word in words if word not in others]
