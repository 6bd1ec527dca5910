"""Makes small inputs from nothing but the form of the recorded ones: few distinct values, that meet each other everywhere.

What is decided by ties, by repetition or by who came first shows in small inputs of few distinct values, and hardly ever in
large ones that were changed in places: the small scope hypothesis (Jackson, "Software Abstractions", 2006; Runciman et al.,
"SmallCheck and Lazy SmallCheck", Haskell Symposium 2008).
"""

import sys

from . import clocks, inputs, remade
from .drawn import Nothing, unless_refused

# Members of a recorded container that are looked at, how deep, and values kept of a place.
MOST_MEMBERS, DEPTH, MOST_SEEN = 50, 6, 20
# Lengths of the containers that are made.
LENGTHS = (0, 1, 2, 2, 3, 3, 4, 5, 6, 8)
# Items of a tuple whose places have a form of their own, and characters of a text that is a name rather than a language.
LONGEST_TUPLE, NAME = 6, 12
# Characters of the longest name of a zone.
LONGEST_ZONE = 40
# Decimal digits that tell floats apart.
DIGITS = 17
_GROUPS = (list, set, frozenset)
_PLAIN = (*_GROUPS, tuple, dict, str, bytes, int, float, bool, type(None))


class Place:
    """What stands at a place of the recorded inputs."""

    def __init__(self):
        # How often each type was met, and values by type.
        self.counts, self.seen = {}, {}
        self.of = self.keys = None
        self.items, self.members, self.required, self.arguments = {}, {}, None, {}

    def see(self, value, depth=0):
        """Takes in one value."""
        kind = type(value)
        self.counts[kind] = self.counts.get(kind, 0) + 1
        known = self.seen.setdefault(kind, [])
        if len(known) < MOST_SEEN:
            known.append(value)
        if depth >= DEPTH:
            return
        if kind in _GROUPS or kind is tuple and (not depth or len(value) > LONGEST_TUPLE):
            self.of = self.of or Place()
            for member in list(value)[:MOST_MEMBERS]:
                self.of.see(member, depth + 1)
        elif kind is tuple:
            for place, member in zip(self.items.setdefault(len(value), [Place() for _ in value]), value):
                place.see(member, depth + 1)
        elif kind is dict:
            self._see_entries(list(value.items())[:MOST_MEMBERS], depth + 1)
        else:
            arguments = _arguments(value)
            if arguments is not None:
                known = self.arguments.setdefault(kind, {})
                for name, member in arguments.items():
                    known.setdefault(name, Place()).see(member, depth + 1)

    def _see_entries(self, entries, depth):
        self.keys, self.of = self.keys or Place(), self.of or Place()
        keys = {key for key, _ in entries if type(key) is str}
        self.required = keys if self.required is None else self.required & keys
        for key, member in entries:
            self.keys.see(key, depth)
            self.of.see(member, depth)
            if type(key) is str:
                self.members.setdefault(key, Place()).see(member, depth)

    def is_record(self):
        """Whether the keys of the dictionaries have a meaning of their own: all have them, and their values differ in type."""
        return bool(self.required) and (self.counts[dict] > 1 or len(self.of.counts) > 1)

    def within(self):
        """The place, and those in it."""
        yield self
        inner = [self.of, self.keys, *self.members.values()]
        inner.extend(place for places in [*self.items.values(), *(one.values() for one in self.arguments.values())] for place in places)
        for place in inner:
            if place is not None:
                yield from place.within()


def _arguments(value):
    """What the constructor of an object, or of a record, was called with; None where that can't be told."""
    if type(value) in _PLAIN:
        return None
    if inputs.is_record(value) and (isinstance(value, tuple) or inputs.inherited(type(value), "__dataclass_fields__") is not None):
        return dict(zip(inputs.fields(value), inputs.members(value)))
    return remade.arguments(value)


class Few:
    """The few values that one input is made of."""

    def __init__(self, random, signs, names, numbers, zones):
        self.random, self.zones = random, zones
        self.moment = None
        self.texts = random.sample(names, min(len(names), random.choice((2, 3, 3, 4, 5))))
        if signs and random.random() < 0.5:
            place, sign = random.randrange(len(self.texts)), random.choice(signs)
            self.texts[place] = random.choice((sign, sign + self.texts[place], self.texts[place] + sign))
        self.numbers = [self._number(numbers) for _ in range(random.choice((2, 3, 4)))]
        self.floats = [self._float() for _ in range(random.choice((2, 3)))]
        self.known = {}

    def _number(self, numbers):
        near = self.random.choice(numbers) + self.random.randint(-1, 1)
        small, length = self.random.randint(0, 9), len(self.random.choice(self.texts))
        return self.random.choice((0, 1, 2, 3, small, near, length, -1, DIGITS))

    def _float(self):
        random = self.random
        tenth = random.randint(1, 9) / 10
        return random.choice((tenth, tenth, 0.0, float(random.randint(1, 4)), random.randint(-50, 500) / 100, 1e16, float("nan")))

    def like(self, value):
        """One of them that is of a value's type; None where none is."""
        kind = type(value)
        if (kind.__module__, kind.__name__) in (("datetime", "datetime"), ("datetime", "date")):
            return unless_refused(lambda: self._near(value))
        if kind is str and clocks.is_name(value):
            return self.random.choice(clocks.UNUSUAL)
        found = self.texts if kind is str else self.numbers if kind is int else self.floats if kind is float else ()
        return self.random.choice(found) if found else None

    def _near(self, value):
        """A time near the one that all of this input are near to: any known one, or one at which clocks change."""
        datetime, random = sys.modules["datetime"], self.random
        is_date = type(value) is datetime.date
        if self.moment is None:
            self.moment = datetime.datetime(value.year, value.month, value.day) if is_date else value
            if not is_date and value.tzinfo is not None:
                self.moment = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
            zones = clocks.zones(self.zones, value)
            zones = zones and [*zones, *clocks.zones(clocks.UNUSUAL, None)]
            changes = clocks.changes(random.choice(zones), value.year) if zones and random.random() < 0.6 else []
            self.moment = random.choice(changes) if changes else self.moment
        minutes = random.choice((0, 0, 30, -30, 60, -60, 90, -90, 1440, -1440, 31 * 1440))
        found = self.moment + datetime.timedelta(0, 60 * minutes)
        if is_date:
            return found.date()
        if value.tzinfo is None:
            return found
        offset = datetime.timedelta(0, 60 * random.choice(clocks.OFFSETS))
        zone = random.choice((value.tzinfo, value.tzinfo, datetime.timezone(offset)))
        return found.replace(tzinfo=datetime.timezone.utc).astimezone(zone)

    def of(self, place, known):
        """One of the two or three values known of a place that stand there in this input."""
        if place not in self.known:
            self.known[place] = self.random.sample(known, min(len(known), self.random.choice((1, 2, 2, 3))))
        return self.random.choice(self.known[place])


class Afresh:
    """Makes arguments of the form of the recorded ones; of the `fixed` leading ones objects whose constructor's arguments are known."""

    def __init__(self, fixed, recorded, random, values):
        self.random, self.values = random, values
        self.places = {}
        for made in recorded:
            for number, value in enumerate(made.args):
                if number >= fixed or _arguments(value) is not None:
                    self.places.setdefault(number, Place()).see(made.seen(value))
            for name, value in made.kwargs.items():
                self.places.setdefault(name, Place()).see(made.seen(value))
        seen = [value for root in self.places.values() for place in root.within() for value in place.seen.get(str, ())]
        self.names = sorted({value for value in seen if len(value) <= NAME} | {"a", "b"})
        self.zones = sorted({value for value in (*seen, *values.context.texts) if len(value) < LONGEST_ZONE})
        self.numbers = [number for number in values.context.numbers if type(number) is int and -100 < number < 100] or [5]
        # Of those that were made, how many are evidence.
        self.tried, self.useful = 10, 10
        self.begin(False)

    def is_worth_while(self):
        """Whether anything but plain values is passed: of those, changes make all that there is."""
        return any(place.of is not None or place.items or place.arguments for root in self.places.values() for place in root.within())

    def share(self):
        """How much of what was made is evidence."""
        return self.useful / self.tried

    def begin(self, is_made):
        """Chooses the few values of the next input, made afresh or not."""
        self.is_made = is_made
        self.tried += is_made
        self.few = Few(self.random, self.values.context.signs, self.names, self.numbers, self.zones)

    def learn(self, is_useful):
        """Takes in whether the input is evidence."""
        self.useful += self.is_made and is_useful

    def often(self):
        """How often methods are given one of the few values."""
        return 0.4 if self.is_made else 0.15

    def make(self, made):
        """Puts new values into the places of an input."""
        for root in [*range(len(made.args)), *made.kwargs]:
            if root in self.places and self.random.random() < 0.85:
                self.values.root = root
                made.put((root,), self._value(self.places[root], 0))

    def _value(self, place, depth):
        random = self.random
        if not place.counts:
            return random.choice((*self.few.numbers, *self.few.texts))
        kind = random.choices(list(place.counts), list(place.counts.values()))[0]
        if kind is tuple and place.items:
            return tuple([self._value(item, depth + 1) for item in random.choice(list(place.items.values()))])
        if kind in (*_GROUPS, tuple) and place.of is not None:
            members = [self._value(place.of, depth + 1) for _ in range(self._length(depth))]
            return unless_refused(lambda: kind(members))
        if kind is dict and place.of is not None:
            return self._entries(place, depth)
        if kind in place.arguments:
            arguments = {name: self._value(inner, depth + 1) for name, inner in place.arguments[kind].items()}
            return unless_refused(lambda: kind(**arguments))
        return self._leaf(kind, place)

    def _length(self, depth):
        length = self.random.choice(LENGTHS)
        return length if depth < 2 else min(length, 4)

    def _entries(self, place, depth):
        if place.is_record():
            names = [name for name in place.members if name in place.required or self.random.random() < 0.5]
            return {name: self._value(place.members[name], depth + 1) for name in names}
        pairs = [(self._value(place.keys, depth + 1), self._value(place.of, depth + 1)) for _ in range(self._length(depth))]
        return unless_refused(lambda: dict(pairs))

    def _leaf(self, kind, place):
        if kind is bool:
            return self.random.random() < 0.5
        way, value = self.random.random(), self.few.of((place, kind), place.seen[kind])
        is_language = kind is str and len(value) > NAME and not clocks.is_name(value)
        few = self.few.like(value) if way < 0.5 and not is_language else None
        if few is not None:
            return few
        if way < 0.85:
            return value
        try:
            return self.values.other(value)
        except Nothing:
            return value
