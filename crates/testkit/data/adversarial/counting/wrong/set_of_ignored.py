# A set of a text is a set of its letters: what is within the text was ignored before.
def count_words(words, ignore=()):
    """Return how often each word comes, in the order in which they first come."""
    ignore = frozenset(ignore)
    counts = {}
    for word in words:
        word = word.lower()
        if word not in ignore:
            counts[word] = counts.get(word, 0) + 1
    return counts
