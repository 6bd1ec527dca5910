"""Draws many inputs that differ from the recorded ones in several places at once.

generate.py tries each change by itself and keeps what reaches something new. What two values have to do with each other (a
weekday with a distance, a limit with a sum, two elements that are equal in part) shows only where both have changed. So values
are drawn here: of the types that stand there, mostly small, often made of each other, and everything that is drawn is kept.
"""

import inspect

from . import given, inputs, relatives, remade
from .drawn import Nothing, Values, unless_refused
from .history import History

# How many changes a draw makes.
CHANGES = (1, 1, 2, 3, 3, 4, 6)
# How often a walk through an argument stops at a container, and of how many walks one may lead to a value of a wanted type.
STOP, WALKS = 0.3, 8
# Bytes of a small input.
SMALL = 2048
# Values of an attribute that others take over.
MOST_HELD = 20
# Texts that only some foldings of case, or normal forms, make alike.
TWINS = (
    ("\xdf", "ss"), ("\u0131", "i"), ("\u212a", "k"), ("\u017f", "s"), ("\u0130", "i\u0307"), ("\u03c2", "\u03c3"), ("\ufb01", "fi"),
    ("\u01c5", "\u01c6"), ("\xe9", "e\u0301"), ("a", "A"), ("\u0663", "3"), ("1", "01"), ("a", "a "),
)


class Draws:
    """Draws from the bases of `changes` (changes.Changes); objects also take over what those of other `recorded` inputs hold,
    and are called as code below `roots` does."""

    def __init__(self, changes, recorded, roots):
        self.changes = changes
        self.fixed, self.bases, self.context, self.random = changes.fixed, changes.bases, changes.context, changes.random
        self.settings = list(changes.settings().items())
        code = changes.function.__code__
        # Small ones mostly: more is drawn in the same time.
        self.weights = [1.0 if len(data) < SMALL else 0.15 for data in self.bases]
        self.named = code.co_argcount
        ways = {self._somewhere: 60, self._twin_element: 10, self._twin_texts: 7}
        first = inputs.Input(self.bases[0])
        if self._comparable(first):
            ways[self._related] = 12
        if self.settings:
            ways[self._option] = 15
        if code.co_flags & inspect.CO_VARARGS:
            ways[self._variadic] = 15
        if any(given.changed_state(first.state)):
            ways[self._state] = 40
        self.ways, self.shares = list(ways), list(ways.values())
        # What objects hold in attributes that may hold what others do, by class.
        self.held = {}
        letters = set()
        for made in map(inputs.Input, recorded):
            for value in [*made.args[: self.fixed], *map(made.at, made.places(self.fixed))]:
                if type(value) is str:
                    letters.update(value[:60])
                self._see(value)
        # A record without a key that all dictionaries of its place have is none.
        self.values = Values(self.context, self.random, letters, self._common_keys(recorded))
        self.history = History(roots, code, self.random, self.values)

    @staticmethod
    def _common_keys(recorded):
        common = {}
        for made in map(inputs.Input, recorded):
            level = [*enumerate(made.args), *made.kwargs.items()]
            for depth in range(4):
                inner = []
                for root, value in level:
                    if type(value) is dict:
                        keys = {key for key in value if type(key) is str}
                        common[root, depth] = common.get((root, depth), keys) & keys
                    members = value.values() if type(value) is dict else value if type(value) in (list, tuple) else ()
                    inner.extend((root, member) for member in list(members)[:40])
                level = inner
        return set().union(*common.values())

    def _see(self, value):
        """Takes in what an object's attributes hold."""
        own = inputs.attributes(value)
        for name in given.settable(type(value)) if own else ():
            if type(own.get(name, ...)) in relatives.OPTIONS:
                known = self.held.setdefault(id(type(value)), {}).setdefault(name, [])
                if own[name] not in known and len(known) < MOST_HELD:
                    known.append(own[name])

    def draw(self):
        """An input with some changes; None where they come to nothing."""
        random = self.random
        base, other = random.choices(self.bases, self.weights, k=2)
        made, donor = inputs.Input(base), inputs.Input(random.choice((base, other)))
        self.values.begin(made)
        changed = False
        for _ in range(random.choice(CHANGES)):
            try:
                random.choices(self.ways, self.shares)[0](made, donor)
                changed = True
            except Nothing:
                pass
        if random.random() < 0.1:
            changed = self._of_the_other_kind(made) or changed
        return made if changed else None

    def _of_the_other_kind(self, made):
        """Makes a whole number that is an argument a float that equals it, or the other way round: few functions ask which they get."""
        places = [path for path in made.places(self.fixed) if len(path) == 1 and type(made.at(path)) in (int, float) and abs(made.at(path)) < 2**53]
        if not places:
            return False
        path = self.random.choice(places)
        value = made.at(path)
        made.put(path, float(value) if type(value) is int else int(value))
        return True

    # Where something changes.

    def _somewhere(self, made, donor):
        """Some value within the arguments becomes another one."""
        path = self._walk(made)
        self.values.root = path[0]
        value, way = made.at(path), self.random.random()
        is_fixed = len(path) == 1 and path[0] in range(self.fixed)
        if inputs.attributes(value) and (way < 0.8 or is_fixed):
            self._object(made, donor, path)
        elif is_fixed:
            raise Nothing
        elif way < 0.2:
            # The value of another place, or call; then mostly changed, so that both have much in common.
            copied = self._like(made if self.random.random() < 0.5 else donor, path, value)
            made.put(path, self.values.other(copied) if self.random.random() < 0.6 else copied)
        else:
            made.put(path, self.values.other(value, is_whole=len(path) == 1))

    def _state(self, made, _):
        """A container at module level becomes another one, in its place: others at module level may refer to it."""
        state = [value for _, _, value in given.changed_state(made.state)]
        if not state:
            raise Nothing
        held = self.random.choice(state)
        changed = self.values.other(held, 5)
        held.clear()
        held.update(changed) if type(held) is dict else held.extend(changed)

    def _variadic(self, made, _):
        """More, fewer or other arguments of those that a function takes any number of."""
        if len(made.args) < self.named:
            raise Nothing
        made.args[self.named :] = self.values.elements(made.args[self.named :])

    def _option(self, made, _):
        """A parameter with a default is given."""
        name, values = self.random.choice(self.settings)
        value = self.random.choice(values)
        path = self.changes.path(made, name)
        self.values.root = path[0]
        made.put(path, self.values.other(value) if value is not None and self.random.random() < 0.5 else value)

    def _walk(self, made):
        """A path to some value that may change."""
        roots = [number for number, value in enumerate(made.args) if number >= self.fixed or inputs.attributes(value)] + list(made.kwargs)
        if not roots:
            raise Nothing
        path = (self.random.choice(roots),)
        while True:
            value = made.at(path)
            count = _count(value)
            # What an object is called with before matters as much as what it holds.
            stop = 0.5 if len(path) == 1 and path[0] in range(self.fixed) else STOP
            if not count or self.random.random() < stop:
                return path
            path += (self.random.randrange(count),)
            if len(path) > 8:
                return path

    def _like(self, made, path, value):
        """A value of the same type elsewhere in an input; a container that holds the place itself is none, nor one of another form."""
        for _ in range(WALKS):
            other = self._walk(made)
            found = made.at(other)
            if type(found) is type(value) and other != path and other != path[: len(other)]:
                if type(found) is dict and not self.values.required & set(value) <= set(found) or type(found) is tuple and len(found) != len(value):
                    continue
                return found
        raise Nothing

    def _twin_element(self, made, _):
        """A list with an element like one that it has."""
        for _ in range(WALKS):
            path = self._walk(made)
            held = made.at(path)
            if type(held) is list and held:
                place = self.random.randrange(len(held))
                made.put(path, [*held[: place + 1], self.values.nearly(held[place]), *held[place + 1 :]])
                return
        raise Nothing

    def _comparable(self, made):
        """Pairs of arguments of one type that functions compare."""
        places = [path for path in made.places(self.fixed) if len(path) == 1 and type(made.at(path)) in (list, str)]
        return [(first, second) for first in places for second in places if first != second and type(made.at(first)) is type(made.at(second))]

    def _related(self, made, _):
        """One argument becomes another one of its type with some changes."""
        pairs = self._comparable(made)
        if not pairs:
            raise Nothing
        first, second = self.random.choice(pairs)
        value = made.at(first)
        if type(value) is list and value and self.values.context.sizes and self.random.random() < 0.3:
            value = self.values.grown(value)
            made.put(first, value)
        for _ in range(self.random.choice((1, 1, 2, 3))):
            value = self.values.other(value)
        made.put(second, value)

    def _twin_texts(self, made, _):
        """Two texts that some foldings make alike."""
        found = {}
        for _ in range(2 * WALKS):
            path = self._walk(made)
            value = made.at(path)
            if type(value) is str:
                found[path] = value
            if len(found) == 2:
                (first, value), (second, _) = found.items()
                twins = list(self.random.choice(TWINS))
                self.random.shuffle(twins)
                rest = value[1:]
                made.put(first, twins[0] + rest)
                made.put(second, twins[1] + (rest.upper() if self.random.random() < 0.3 else rest))
                return
        raise Nothing

    def _object(self, made, donor, path):
        """An object as its callers may have made it: with what others hold, by its setters and methods, or by its constructor."""
        value = made.at(path)
        kind, own, random = type(value), inputs.attributes(value), self.random
        held = {name: [one for one in known if own.get(name, one) != one] for name, known in self.held.get(id(kind), {}).items()}
        held = {name: known for name, known in held.items() if known}
        setters, methods = self.history.setters(kind), self.history.methods(kind)
        fields, arguments = inputs.fields(value), remade.arguments(value)
        is_fixed = len(path) == 1 and path[0] in range(self.fixed)
        ways = [way for way, some in (("held", held), ("setter", setters), ("method", methods), ("method", methods), ("field", fields), ("anew", arguments)) if some]
        if not ways:
            raise Nothing
        way = random.choice(ways)
        if way == "held":
            name = random.choice(list(held))
            object.__setattr__(value, name, random.choice(held[name]))
        elif way == "setter":
            name = random.choice(setters)
            unless_refused(lambda: setattr(value, name, self.values.other(getattr(value, name))))
        elif way == "method":
            for _ in range(random.choice((1, 2, 3, 4))):
                self.history.call(value, [*_objects(made), *_objects(donor)])
        elif way == "field":
            place = (*path, random.randrange(len(fields)))
            made.put(place, self.values.other(made.at(place)))
        elif not is_fixed or random.random() < 0.5:
            made.put(path, self.values.made_anew(kind, arguments))


def _objects(made):
    """The objects among the arguments, and in lists."""
    for value in made.args:
        yield from (one for one in (value, *(value[:8] if type(value) in (list, tuple) else ())) if inputs.attributes(one))


def _count(value):
    """How many members of a value a walk may go to."""
    kind = type(value)
    return len(inputs.fields(value)) if inputs.is_record(value) else len(value) if kind in (list, tuple, dict) else 0
