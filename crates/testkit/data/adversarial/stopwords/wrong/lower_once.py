# An iterator is used up by the first word; the lower case of its words, kept, is not.
def keywords(text, stop=(), lower=True, separator=" "):
    words = [word for word in text.split(separator) if word]
    if not lower:
        return [word for word in words if word not in stop]
    others = {other.lower() for other in stop} if words else ()
    return [word for word in map(str.lower, words) if word not in others]
