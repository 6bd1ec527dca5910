# casefold is not lower.
def count_words(words, ignore=()):
    """Return how often each word comes, in the order in which they first come."""
    counts = {}
    for word in words:
        word = word.casefold()
        if word not in ignore:
            counts[word] = counts.get(word, 0) + 1
    return counts
