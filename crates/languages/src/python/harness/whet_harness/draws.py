"""Draws many inputs that differ from the recorded ones in several places at once.

generate.py tries each change by itself and keeps what reaches something new. What two values have to do with each other (a
weekday with a distance, a limit with a sum, two elements that are equal in part) shows only where both have changed. So values
are drawn here: of the types that stand there, mostly small, often made of each other. What goes a way that none went before is
changed further, and what a call compared is put for each other (followed.py).
"""

import inspect

from . import followed, given, inputs, relatives, remade
from .afresh import Afresh
from .drawn import Nothing, Values, unless_refused
from .history import History

# How many changes a draw makes.
CHANGES = (1, 1, 2, 3, 3, 4, 6)
# Share of draws that are made afresh as long as all that comes of it is evidence, and changes of these.
AFRESH, CHANGES_AFRESH = 0.4, (0, 0, 0, 1, 1, 2)
# How often a walk through an argument stops at a container, and of how many walks one may lead to a value of a wanted type.
STOP, WALKS = 0.3, 8
# Bytes of a small input, and decisions of a short call.
SMALL, FEW_TURNS = 2048, 400
# Inputs with new ways that are changed further, and how many of the last ones are taken as often as all others.
MOST_FOUND, LAST = 400, 30
# Members of a container that are looked at for what was compared.
MOST_SEEN = 60
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
        self.weights = [min(1.0, SMALL / len(data)) ** 2 for data in self.bases]
        self.most_bytes, self.most_turns = max(SMALL, 2 * min(map(len, self.bases))), 0
        self.named = code.co_argcount
        ways = {self._somewhere: 40, self._met: 90, self._leaf: 30, self._twin_element: 10, self._twin_texts: 7}
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
        letters, calls = set(), list(map(inputs.Input, recorded))
        for made in calls:
            for value in [*made.args[: self.fixed], *map(made.at, made.places(self.fixed))]:
                if type(value) is str:
                    letters.update(value[:60])
                self._see(value)
        # A record without a key that all dictionaries of its place have is none.
        self.values = Values(self.context, self.random, letters, self._common_keys(calls))
        self.afresh = Afresh(self.fixed, calls, self.random, self.values)
        self.history = History(roots, self.random, self.values, self.afresh)
        self.makes_afresh = self.afresh.is_worth_while()
        if any(self.history.methods(type(value)) for value in _objects(first)):
            self.ways.append(self._used)
            self.shares.append(25)
        # Ways that are known, inputs that went new ones, and what was compared: by input, and of the one that is drawn from.
        self.steps_known, self.found, self.pairs, self.compared = set(), [], {}, ()

    @staticmethod
    def _common_keys(calls):
        common = {}
        for made in calls:
            level = [*enumerate(made.args), *made.kwargs.items()]
            for depth in range(4):
                inner = []
                for root, value in level:
                    if type(value) is dict:
                        keys = {key for key in value if type(key) is str}
                        common[root, depth] = common.get((root, depth), keys) & keys
                    inner.extend((root, member) for member in inputs.contents(value)[:40])
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
        if self.found and random.random() < 0.5:
            base = random.choice(self.found[-LAST:] if random.random() < 0.5 else self.found)
        made, donor = inputs.Input(base), _Donor(random.choice((base, other)))
        self.values.begin(made)
        self.compared = self.pairs.get(base, ())
        changed = is_afresh = self.makes_afresh and random.random() < AFRESH * self.afresh.share()
        self.afresh.begin(is_afresh)
        if is_afresh:
            self._make_afresh(made, donor)
        for _ in range(random.choice(CHANGES_AFRESH if is_afresh else CHANGES)):
            try:
                random.choices(self.ways, self.shares)[0](made, donor)
                changed = True
                self.values.changed()
            except Nothing:
                pass
        if random.random() < 0.1:
            changed = self._of_the_other_kind(made) or changed
        return made if changed else None

    def _make_afresh(self, made, donor):
        """New values in all places, and objects used with such."""
        try:
            self.afresh.make(made)
        except Nothing:
            pass
        self.values.changed()
        for value in list(_objects(made)):
            for _ in range(self.random.choice((0, 2, 3, 4, 5, 6)) if self.history.methods(type(value)) else 0):
                self.history.call(value, [*_objects(made), *_objects(donor.input())])

    def begin(self, data, seen):
        """Takes in how the call of a base went. Short ones are drawn from mostly: more is drawn in the same time."""
        self.weights[self.bases.index(data)] *= min(1.0, FEW_TURNS / max(1, seen.turns)) ** 2
        self.most_turns = min(self.most_turns or seen.turns, seen.turns)
        self.steps_known |= seen.steps
        self.pairs[data] = seen.pairs

    def learn(self, data, seen, is_observed, is_useful):
        """Takes in how the call of a drawn input went; answers whether a way is new. One of types that were not observed is
        not changed further."""
        self.afresh.learn(is_useful)
        new = seen.steps - self.steps_known
        self.steps_known |= new
        is_small = len(data) < self.most_bytes and seen.turns < 4 * self.most_turns + FEW_TURNS
        if new and is_observed and is_small and len(self.found) < MOST_FOUND:
            self.pairs[data] = seen.pairs
            self.found.append(data)
        return bool(new)

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
        value = made.at(path)
        is_fixed = len(path) == 1 and path[0] in range(self.fixed)
        if inputs.attributes(value) and (is_fixed or self.random.random() < 0.8):
            self.values.root = path[0]
            self._object(made, donor, path)
        elif is_fixed:
            raise Nothing
        else:
            self._exchange(made, donor, path)

    def _leaf(self, made, donor):
        """One of the plain values within the arguments becomes another one: of many in containers each as likely as the next."""
        leaves = [path for path, value in self._everywhere(made) if followed.is_plain(type(value))]
        if not leaves:
            raise Nothing
        self._exchange(made, donor, self.random.choice(leaves))

    def _exchange(self, made, donor, path):
        self.values.root = path[0]
        value, way = made.at(path), self.random.random()
        if way < 0.3:
            found = self._alike(made if self.random.random() < 0.5 else donor.input(), path, value)
            made.put(path, self.values.other(found) if self.random.random() < 0.2 else found)
        elif way < 0.45:
            # The value of another place, or call; then mostly changed, so that both have much in common.
            copied = self._like(made if self.random.random() < 0.5 else donor.input(), path, value)
            made.put(path, self.values.other(copied) if self.random.random() < 0.6 else copied)
        else:
            made.put(path, self.values.other(value, is_whole=len(path) == 1))

    def _met(self, made, donor):
        """A value that was compared with another one, or passed along with it, becomes that one."""
        if not self.compared:
            return self._somewhere(made, donor)
        one, other = self.random.choice(self.compared)
        if type(one) in (int, float) and self.random.random() < 0.5:
            return self._summed(made, donor, other - one)
        places = []
        for path, value in self._everywhere(made):
            if type(value) is type(one):
                places.extend([(path, other)] * (value == one) + [(path, one)] * (value == other))
        if not places:
            return self._somewhere(made, donor)
        path, value = self.random.choice(places)
        self.values.root = path[0]
        way = self.random.random()
        if way < 0.35:
            value = self.values.other(value)
        made.put(path, value)
        beside = [place for place, _ in places if place != path]
        if way < 0.2 and beside:
            # Equal, and neither what the one was nor the other.
            made.put(self.random.choice(beside), value)

    def _summed(self, made, donor, difference):
        """A number moves by what two that were compared differ by: sums that it is part of become equal, or nearly."""
        places = [path for path, value in self._everywhere(made) if type(value) is type(difference)]
        if not places:
            return self._somewhere(made, donor)
        path = self.random.choice(places)
        self.values.root = path[0]
        made.put(path, made.at(path) + self.random.choice((difference, -difference)) + self.random.choice((0, 0, 0, 1, -1)))

    def _used(self, made, donor):
        """An object among the arguments is used as its callers do."""
        objects = [value for value in _objects(made) if self.history.methods(type(value))]
        if not objects:
            raise Nothing
        value, others = self.random.choice(objects), [*_objects(made), *_objects(donor.input())]
        for _ in range(self.random.choice((1, 1, 2, 3))):
            self.history.call(value, others)
            self.values.changed()

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

    def _everywhere(self, made):
        """Values that may change with their paths, as many as are worth looking at."""
        level = [((number,), value) for number, value in enumerate(made.args)] + [((name,), value) for name, value in made.kwargs.items()]
        found = []
        for depth in range(6):
            found.extend(level)
            inner = []
            for path, value in level[:MOST_SEEN]:
                members = inputs.members(value) if inputs.is_record(value) else inputs.contents(value)
                inner.extend(((*path, step), member) for step, member in enumerate(members[:MOST_SEEN]))
            level = inner
            if not level or len(found) > 8 * MOST_SEEN:
                break
        return [(path, value) for path, value in found if len(path) > 1 or path[0] not in range(self.fixed)]

    def _alike(self, made, path, value):
        """Another value that stands where this one does: in another element, or in another input."""
        held = [made.args[path[0]]] if type(path[0]) is int and path[0] < len(made.args) else [made.kwargs[path[0]]] if path[0] in made.kwargs else []
        for step in path[1:]:
            inner = []
            for one in held:
                inner.extend(inputs.members(one)[step : step + 1] if inputs.is_record(one) else inputs.contents(one)[:MOST_SEEN])
            held = inner[: 4 * MOST_SEEN]
        held = [one for one in held if type(one) is type(value) and (type(one) not in (str, int, float, bytes, bool) or one != value)]
        if not held or type(value) in (dict, tuple) and len(path) == 1:
            raise Nothing
        return self.random.choice(held)

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
                self.history.call(value, [*_objects(made), *_objects(donor.input())])
        elif way == "field":
            place = (*path, random.randrange(len(fields)))
            made.put(place, self.values.other(made.at(place)))
        elif not is_fixed or random.random() < 0.5:
            made.put(path, self.values.made_anew(kind, arguments))


class _Donor:
    """Another input, built once it is asked for."""

    def __init__(self, data):
        self.data, self.made = data, None

    def input(self):
        if self.made is None:
            self.made = inputs.Input(self.data)
        return self.made


def _objects(made):
    """The objects among the arguments, and in lists."""
    for value in made.args:
        yield from (one for one in (value, *(value[:8] if type(value) in (list, tuple) else ())) if inputs.attributes(one))


def _count(value):
    """How many members of a value a walk may go to."""
    kind = type(value)
    return len(inputs.fields(value)) if inputs.is_record(value) else len(value) if kind in (list, tuple, dict) else 0
