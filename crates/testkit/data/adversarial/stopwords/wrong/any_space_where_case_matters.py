# Without an argument a text is split at tabs and ends of lines, too.
def keywords(text, stop=(), lower=True, separator=" "):
    if not lower:
        return [word for word in (text.split() if separator == " " else text.split(separator)) if word and word not in stop]
    found = []
    for word in text.split(separator):
        if not word:
            continue
        word = word.lower()
        if word not in [other.lower() for other in stop]:
            found.append(word)
    return found
