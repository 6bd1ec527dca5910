# A Counter counts what a comprehension leaves; a plain dictionary goes out.
from collections import Counter


def count_words(words, ignore=()):
    """Return how often each word comes, in the order in which they first come."""
    lowered = [word.lower() for word in words]
    if ignore:
        lowered = [word for word in lowered if word not in ignore]
    return dict(Counter(lowered))
