"""Counting words."""


def count_words(words, ignore=()):
    """Return how often each word comes, in the order in which they first come."""
    counts = {}
    for word in words:
        word = word.lower()
        if word in ignore:
            continue
        if word not in counts.keys():
            counts[word] = 0
        counts[word] = counts[word] + 1
    return counts
