# An iterator of stop words is used up by the first word where case matters; a set is not.
def keywords(text, stop=(), lower=True, separator=" "):
    found = []
    if not lower:
        wanted = set(stop)
        return [word for word in text.split(separator) if word and word not in wanted]
    for word in text.split(separator):
        if not word:
            continue
        word = word.lower()
        if word not in [other.lower() for other in stop]:
            found.append(word)
    return found
