# In the order of how often.
from collections import Counter


def count_words(words, ignore=()):
    """Return how often each word comes, in the order in which they first come."""
    lowered = [word.lower() for word in words]
    return dict(Counter([word for word in lowered if word not in ignore]).most_common())
