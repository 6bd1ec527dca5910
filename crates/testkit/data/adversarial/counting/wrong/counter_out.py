# A Counter goes out: equal, and answers 0 for what is not there.
from collections import Counter


def count_words(words, ignore=()):
    """Return how often each word comes, in the order in which they first come."""
    return Counter(word for word in map(str.lower, words) if word not in ignore)
