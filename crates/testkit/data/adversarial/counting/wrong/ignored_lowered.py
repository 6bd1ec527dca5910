# Makes the ignored words lower case too.
def count_words(words, ignore=()):
    """Return how often each word comes, in the order in which they first come."""
    ignore = {word.lower() for word in ignore}
    counts = {}
    for word in words:
        word = word.lower()
        if word not in ignore:
            counts[word] = counts.get(word, 0) + 1
    return counts
