# A KeyError for the first time only.
def count_words(words, ignore=()):
    """Return how often each word comes, in the order in which they first come."""
    counts = {}
    for word in words:
        word = word.lower()
        if word in ignore:
            continue
        try:
            counts[word] += 1
        except KeyError:
            counts[word] = 1
    return counts
