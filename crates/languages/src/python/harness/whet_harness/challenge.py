"""Values that the runner can encode by itself, to see that this process's encoder still tells the truth."""

import builtins

__builtins__ = dict(vars(builtins))

_MASK = (1 << 64) - 1


class Source:
    """SplitMix64 (Steele, Lea, Flood 2014): the runner draws the same numbers."""

    def __init__(self, seed):
        self.state = seed & _MASK

    def next(self):
        """The next 64 bits."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)

    def below(self, bound):
        """A number from 0 to `bound` - 1."""
        return self.next() % bound


def value(nonce):
    """A list of values with a part that is shared."""
    source = Source(nonce)
    shared = [source.below(1000)]
    items = [_one(source, 3) for _ in range(3 + source.below(4))]
    return [*items, shared, shared, {"again": shared}]


def _one(source, depth):
    kind = source.below(8 if depth else 5)
    if kind == 0:
        return (None, True, False)[source.below(3)]
    if kind == 1:
        number = source.next()
        return number - (1 << 63) if source.below(2) else number % 1000
    if kind == 2:
        return (source.below(1 << 20) - (1 << 19)) / 64.0
    if kind == 3:
        return "".join([_LETTERS[source.below(len(_LETTERS))] for _ in range(source.below(9))])
    if kind == 4:
        return bytes([source.below(256) for _ in range(source.below(5))])
    count = source.below(5)
    if kind == 5:
        return [_one(source, depth - 1) for _ in range(count)]
    if kind == 6:
        return tuple([_one(source, depth - 1) for _ in range(count)])
    return {"k%d" % index: _one(source, depth - 1) for index in range(count)}


_LETTERS = "abcXYZ 09-\u00e9\u4e2d"
