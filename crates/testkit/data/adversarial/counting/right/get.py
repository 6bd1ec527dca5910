# get with 0 in place of two lookups.
def count_words(words, ignore=()):
    """Return how often each word comes, in the order in which they first come."""
    counts = {}
    get = counts.get
    for word in words:
        word = word.lower()
        if word in ignore:
            continue
        counts[word] = get(word, 0) + 1
    return counts
