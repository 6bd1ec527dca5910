# A defaultdict while counting; a plain dictionary goes out.
from collections import defaultdict


def count_words(words, ignore=()):
    """Return how often each word comes, in the order in which they first come."""
    counts = defaultdict(int)
    for word in words:
        word = word.lower()
        if word not in ignore:
            counts[word] += 1
    return dict(counts)
