"""Words that matter."""


def keywords(text, stop=(), lower=True, separator=" "):
    """Return the words of the text that are no stop words; with `lower`, case does not matter."""
    found = []
    for word in text.split(separator):
        if not word:
            continue
        if lower:
            word = word.lower()
            if word not in [other.lower() for other in stop]:
                found.append(word)
        else:
            if word not in stop:
                found.append(word)
    return found
