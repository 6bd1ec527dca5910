"""Draws many inputs that differ from the recorded ones in several places at once.

generate.py tries each change by itself and keeps what reaches something new. What two values have to do with each other (a
weekday with a distance, a limit with a sum, two elements that are equal in part) shows only where both have changed. So values
are drawn here: of the types that stand there, mostly small, often made of each other, and everything that is drawn is kept.
"""

import inspect
import string
import sys
import types

from . import accessors, given, inputs, relatives, remade

# How many changes a draw makes.
CHANGES = (1, 1, 2, 3, 3, 4, 6)
# How often a walk through an argument stops at a container, and of how many walks one may lead to a value of a wanted type.
STOP, WALKS = 0.3, 8
# Above this a number is large: a loop of so many turns is slow.
LARGE = 5000
# Functions of which a call only begins something.
LAZY = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
# Bytes of a small input.
SMALL = 2048
# Values of an attribute that others take over.
MOST_HELD = 20
# Letters for texts beside those that were seen.
LETTERS = "\n\t .,-_:;/'\"\\{}[]()<>%$0159aAzZ\xe9\xdf\u0130\u0663\u2028"
# Texts that only some foldings of case, or normal forms, make alike.
TWINS = (
    ("\xdf", "ss"), ("\u0131", "i"), ("\u212a", "k"), ("\u017f", "s"), ("\u0130", "i\u0307"), ("\u03c2", "\u03c3"), ("\ufb01", "fi"),
    ("\u01c5", "\u01c6"), ("\xe9", "e\u0301"), ("a", "A"), ("\u0663", "3"), ("1", "01"), ("a", "a "),
)


class Nothing(Exception):
    """A change that comes to nothing here."""


class Draws:
    """Draws from the bases of `changes` (changes.Changes); objects also take over what those of other `recorded` inputs hold."""

    def __init__(self, changes, recorded):
        self.changes = changes
        self.fixed, self.bases, self.context, self.random = changes.fixed, changes.bases, changes.context, changes.random
        self.settings = list(changes.settings().items())
        self.target = code = changes.function.__code__
        # Small ones mostly: more is drawn in the same time.
        self.weights = [1.0 if len(data) < SMALL else 0.15 for data in self.bases]
        self.named = code.co_argcount
        ways = {self._somewhere: 60, self._twin_element: 10, self._twin_texts: 7}
        if self.settings:
            ways[self._option] = 15
        if code.co_flags & inspect.CO_VARARGS:
            ways[self._variadic] = 15
        if self.bases and self._changed_state(inputs.Input(self.bases[0])):
            ways[self._state] = 40
        self.ways, self.shares = list(ways), list(ways.values())
        # How often a large number is drawn for an argument; less once it made a call slow.
        self.large = {}
        self.made, self.root, self.drew_large = None, None, set()
        self.library = {
            ("datetime", "date"): self._date, ("datetime", "datetime"): self._date, ("datetime", "timedelta"): self._span,
            ("fractions", "Fraction"): self._fraction, ("decimal", "Decimal"): self._decimal,
        }
        self.texts = [text for text in self.context.texts if text][:40]
        # What objects hold in attributes that may hold what others do, by class.
        self.held = {}
        # Keys that all dictionaries of a place have: a record without one is none.
        self.required = set()
        self._see_keys(recorded)
        letters = {letter for text in self.texts for letter in text[:60]}
        for made in map(inputs.Input, recorded):
            for value in [*made.args[: self.fixed], *map(made.at, made.places(self.fixed))]:
                if type(value) is str:
                    letters.update(value[:60])
                self._see(value)
        self.letters = LETTERS + "".join(sorted(letters))[:200]

    def _see_keys(self, recorded):
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
        self.required.update(*common.values())

    def _see(self, value):
        """Takes in what an object's attributes hold."""
        own = inputs.attributes(value)
        for name in given.settable(type(value)) if own else ():
            if type(own.get(name, ...)) in relatives.OPTIONS:
                known = self.held.setdefault(id(type(value)), {}).setdefault(name, [])
                if own[name] not in known and len(known) < MOST_HELD:
                    known.append(own[name])

    def draw(self):
        """An input with some changes; None where they come to nothing. Raises what the constructors of its objects raise."""
        random = self.random
        self.drew_large = set()
        base, other = random.choices(self.bases, self.weights, k=2)
        made, donor = inputs.Input(base), inputs.Input(random.choice((base, other)))
        self.made, changed = made, False
        for _ in range(random.choice(CHANGES)):
            try:
                random.choices(self.ways, self.shares)[0](made, donor)
                changed = True
            except Nothing:
                pass
        if random.random() < 0.1:
            changed = self._of_the_other_kind(made) or changed
        return made if changed else None

    def was_slow(self):
        """The last input that was drawn takes too long."""
        for root in self.drew_large:
            self.large[root] = max(self.large.get(root, 1.0) * (0.5 if len(self.drew_large) == 1 else 0.8), 0.02)

    # Where something changes.

    def _somewhere(self, made, donor):
        """Some value within the arguments becomes another one."""
        path = self._walk(made)
        self.root = path[0]
        value, way = made.at(path), self.random.random()
        is_fixed = len(path) == 1 and path[0] in range(self.fixed)
        if inputs.attributes(value) and (way < 0.8 or is_fixed):
            self._object(made, path)
        elif is_fixed:
            raise Nothing
        elif way < 0.2:
            # The value of another place, or call; then mostly changed, so that both have much in common.
            copied = self._like(made if self.random.random() < 0.5 else donor, path, value)
            made.put(path, self._other(copied) if self.random.random() < 0.6 else copied)
        else:
            made.put(path, self._other(value, is_whole=len(path) == 1))

    def _state(self, made, _):
        """A container at module level becomes another one, in its place: others at module level may refer to it."""
        state = self._changed_state(made)
        if not state:
            raise Nothing
        held = self.random.choice(state)
        changed = self._other(held, 5)
        held.clear()
        held.update(changed) if type(held) is dict else held.extend(changed)

    def _variadic(self, made, _):
        """More, fewer or other arguments of those that a function takes any number of."""
        if len(made.args) < self.named:
            raise Nothing
        made.args[self.named :] = self._elements(made.args[self.named :])

    def _option(self, made, _):
        """A parameter with a default is given."""
        name, values = self.random.choice(self.settings)
        value = self.random.choice(values)
        path = self.changes.path(made, name)
        self.root = path[0]
        made.put(path, self._other(value) if value is not None and self.random.random() < 0.5 else value)

    def _changed_state(self, made):
        """Containers at module level that the module's functions change."""
        found = []
        for locator, value in made.state or ():
            module = sys.modules.get(locator[1]) if locator[0] == "g" else None
            if module is not None and type(value) in (dict, list) and locator[2] in given.changed_globals(module):
                found.append(value)
        return found

    def _walk(self, made):
        """A path to some value that may change."""
        roots = [number for number, value in enumerate(made.args) if number >= self.fixed or inputs.attributes(value)] + list(made.kwargs)
        if not roots:
            raise Nothing
        path = (self.random.choice(roots),)
        while True:
            value = made.at(path)
            count = _count(value)
            if not count or self.random.random() < STOP:
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
                if type(found) is dict and not self.required & set(value) <= set(found) or type(found) is tuple and len(found) != len(value):
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
                made.put(path, [*held[: place + 1], self._nearly(held[place]), *held[place + 1 :]])
                return
        raise Nothing

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

    def _object(self, made, path):
        """An object as its callers may have made it: with what others hold, by its setters and methods, or by its constructor."""
        value = made.at(path)
        kind, own, random = type(value), inputs.attributes(value), self.random
        held = {name: [one for one in known if own.get(name, one) != one] for name, known in self.held.get(id(kind), {}).items()}
        held = {name: known for name, known in held.items() if known}
        setters, methods = _setters(kind), _methods(kind, self.target)
        fields, arguments = inputs.fields(value), remade.arguments(value)
        is_fixed = len(path) == 1 and path[0] in range(self.fixed)
        ways = [way for way, some in (("held", held), ("setter", setters), ("method", methods), ("field", fields), ("anew", arguments)) if some]
        if not ways:
            raise Nothing
        way = random.choice(ways)
        if way == "held":
            name = random.choice(list(held))
            object.__setattr__(value, name, random.choice(held[name]))
        elif way == "setter":
            name = random.choice(setters)
            setattr(value, name, self._other(getattr(value, name)))
        elif way == "method":
            random.choice(methods)(value)
        elif way == "field":
            place = (*path, random.randrange(len(fields)))
            made.put(place, self._other(made.at(place)))
        elif not is_fixed or random.random() < 0.5:
            name = random.choice(list(arguments))
            made.put(path, kind(**dict(arguments, **{name: self._other(arguments[name])})))

    # What it changes to.

    def _other(self, value, times=0, is_whole=False):
        """Another value of the same type."""
        kind = type(value)
        if kind is list or kind is tuple and is_whole:
            return kind(self._elements(list(value)))
        if kind is tuple:
            # Those within have a form that goes with their length.
            return self._with_one(value, self._other)
        if kind is dict:
            return self._entries(value, times)
        if kind is int:
            return self._number(value)
        if kind is str and self.random.random() < 0.75:
            return self._text(value)
        if kind is float and self.random.random() < 0.6:
            return self._float(value)
        make = self.library.get((kind.__module__, kind.__name__))
        if make is not None and self.random.random() < 0.9:
            return make(value)
        found = [one for _, one in relatives.relatives(value, self.context) if type(one) is kind]
        if not found:
            raise Nothing
        return self.random.choice(found)

    def _elements(self, found):
        random = self.random
        if not found:
            raise Nothing
        place, other = random.randrange(len(found)), random.randrange(len(found))
        way = random.randrange(10)
        if way == 0:
            found.insert(other, found[place])
        elif way == 1:
            found.append(found[place])
        elif way == 2:
            del found[place]
        elif way == 3:
            found[place], found[other] = found[other], found[place]
        elif way == 4:
            random.shuffle(found)
        elif way == 5:
            del found[place + 1 :]
        elif way == 6:
            found = [member for member in found[:60] for _ in range(random.choice((1, 1, 2, 3)))]
        elif way in (7, 8):
            # Beside the element stands one like it.
            found.insert(random.choice((place, place + 1)), self._nearly(found[place]))
        else:
            found[place] = self._nearly(found[place])
        return found

    def _nearly(self, value, depth=0):
        """A value with one change somewhere within; what holds it is built anew, so that the original stays."""
        kind = type(value)
        if kind in (list, tuple) and value and depth < 6 and self.random.random() < 0.75:
            return self._with_one(value, lambda member: self._nearly(member, depth + 1))
        if kind is dict and value and depth < 6 and self.random.random() < 0.75:
            items = list(value.items())
            place = self.random.randrange(len(items))
            key, member = items[place]
            way = self.random.random()
            if way < 0.35 and key not in self.required:
                items[place] = (self._key(key, items), member)
            elif way < 0.5 and type(key) is str and key not in self.required:
                # One level deeper; where no recorded value is, it is not taken.
                items[place] = (key, {self._key(key, items): member})
            else:
                items[place] = (key, self._nearly(member, depth + 1))
            return dict(items)
        arguments = remade.arguments(value)
        if arguments:
            name = self.random.choice(list(arguments))
            return kind(**dict(arguments, **{name: self._other(arguments[name])}))
        return self._other(value)

    def _with_one(self, value, change):
        """A list or tuple with one of its members changed."""
        if not value:
            raise Nothing
        members = list(value)
        place = self.random.randrange(len(members))
        members[place] = change(members[place])
        return type(value)(members)

    def _entries(self, value, times):
        random = self.random
        items = list(value.items())
        if not items:
            raise Nothing
        for _ in range(1 + random.randrange(times + 1)):
            place, other = random.randrange(len(items)), random.randrange(len(items))
            key, member = items[place]
            way = random.randrange(6) if times < 2 else random.choice((0, 1, 2, 2, 2, 3, 3, 3, 4))
            if way == 0 and len(items) > 1 and key not in self.required:
                del items[place]
            elif way == 1 and key not in self.required:
                items[place] = (self._key(key, items), member)
            elif way in (2, 3):
                items.append((self._key(key, items), items[other][1] if random.random() < 0.5 else self._nearly(member)))
            elif way == 4:
                items[place] = (key, self._nearly(member))
            else:
                random.shuffle(items)
        return dict(items)

    def _key(self, key, items):
        """Another key of the same type; one of several parts mostly of those that others have."""
        if type(key) is tuple and key and self.random.random() < 0.8:
            parts = [part for other, _ in items if type(other) is tuple for part in other]
            like = [[part for part in parts if type(part) is type(own)] for own in key]
            return tuple([self.random.choice(some) for some in like])
        return self._other(key)

    def _number(self, value):
        random = self.random
        way = random.random()
        if way < 0.15:
            # At the limit that another argument, or its length, may be.
            return random.choice(self._numbers_beside() or [value]) + random.choice((0, 0, 1, -1))
        if way < 0.35:
            return value + random.randint(-3, 3)
        if way < 0.6:
            return random.randint(-10, 30)
        if way < 0.7:
            numbers = [number for number in self.context.numbers if type(number) is int]
            return random.choice(numbers) + random.randint(-1, 1) if numbers else -value
        if way < 0.8:
            return value + random.randint(-LARGE // 2, LARGE // 2) // random.choice((1, 10, 100))
        found = random.choice(
            (
                2 ** random.randint(1, 64),
                10 ** random.randint(1, 20),
                random.getrandbits(random.randint(2, 32)) ** 2,
                random.getrandbits(random.randint(2, 64)),
            )
        ) + random.randint(-1, 1)
        return self._sized(found if random.random() < 0.8 else -found, random.randint(-10, 300))

    def _numbers_beside(self):
        """Whole numbers among the arguments of this draw, and what they count."""
        found = []
        for value in [*self.made.args, *self.made.kwargs.values()]:
            for one in (value, *inputs.attributes(value).values(), *(value[:4] if type(value) in (list, tuple) else ())):
                if type(one) is int:
                    found.append(one)
                elif type(one) in (str, bytes, list, tuple, dict, set):
                    found.append(len(one))
                elif type(one).__name__ == "Fraction":
                    found.append(one.denominator)
        return found

    def _sized(self, found, small):
        """A number, or a small one where large ones make calls slow."""
        if not -LARGE < found < LARGE:
            if self.random.random() > self.large.get(self.root, 1.0):
                return small
            self.drew_large.add(self.root)
        return found

    def _of_the_other_kind(self, made):
        """Makes a whole number that is an argument a float that equals it, or the other way round: few functions ask which they get."""
        places = [path for path in made.places(self.fixed) if len(path) == 1 and type(made.at(path)) in (int, float) and abs(made.at(path)) < 2**53]
        if not places:
            return False
        path = self.random.choice(places)
        value = made.at(path)
        made.put(path, float(value) if type(value) is int else int(value))
        return True

    def _float(self, value):
        random = self.random
        way = random.randrange(5)
        if way == 0:
            return random.randint(-50, 500) / 10
        if way == 1:
            return random.randint(-500, 5000) / 100
        if way == 2:
            return float(random.randint(-5, 30))
        if way == 3:
            return random.uniform(-1, 1) * 10 ** random.randint(-6, 6)
        return value + random.choice((0.1, -0.1, 0.5, 1.0, 1e-9, -1.0))

    def _text(self, value):
        random = self.random
        for _ in range(random.choice((1, 1, 2, 3))):
            begin = random.randint(0, len(value))
            end = min(len(value), begin + random.choice((1, 1, 2, 5)))
            way = random.randrange(8)
            if way == 0:
                value = value[:begin] + value[end:]
            elif way in (1, 2):
                value = value[:begin] + random.choice(self.letters) + value[begin:]
            elif way == 3:
                value = value[:begin] + random.choice(self.letters) + value[end:]
            elif way == 4:
                value = value[:begin] + value[begin:end].swapcase() + value[end:]
            elif way == 5:
                value = value[:end] + value[begin:end] * random.choice((1, 1, 2, 8)) + value[end:]
            elif way == 6:
                value = value[:begin] + (random.choice(self.texts) if self.texts else random.choice(string.ascii_letters)) + value[begin:]
            else:
                where = random.randint(0, len(value))
                value = value[:where] + value[begin:end] + value[where:]
        return value

    def _date(self, value):
        random, span = self.random, sys.modules["datetime"].timedelta
        if random.random() < 0.6:
            return value + span(random.randint(-45, 45))
        year = random.choice((value.year, value.year, 1900, 2000, 2023, 2024, 2100))
        return value.replace(year, random.randint(1, 12), 1) + span(random.choice((0, 1, 14, 26, 27, 28, 29, 30)))


    def _span(self, value):
        random, kind = self.random, type(value)
        return random.choice((
            value + kind(0, random.randint(-100, 100)), kind(random.randint(-3, 40), random.randint(0, 86_399)), kind(0, random.randint(-5, 7300)),
            kind(0, random.randint(0, 90), random.randint(0, 999_999)), kind(random.randint(-400, 4000)),
        ))

    def _fraction(self, value):
        """Another numerator or denominator, or one that is close to a whole number."""
        random, kind = self.random, type(value)
        if random.random() < 0.3:
            return random.choice((value // 1, value // 1 + 1, self.random.randint(-2, 9))) + kind(random.choice((-1, 1)), 10 ** random.randint(1, 25))
        numerator, denominator = random.choice(((self._number(value.numerator), value.denominator), (value.numerator, self._number(value.denominator))))
        return self._sized(kind(numerator, denominator or 1), kind(random.randint(-50, 500), random.randint(1, 24)))

    def _decimal(self, value):
        random, kind = self.random, type(value)
        return kind(random.choice((random.randint(-50, 5000), random.getrandbits(40)))).scaleb(-random.choice((0, 1, 2, 2, 3, 4, 10)))


def _setters(kind):
    """Names of properties that callers may set."""
    if inputs.inherited(kind, "__setattr__") is not accessors.type_dict(object)["__setattr__"]:
        return []
    found = {name: one for contents in map(accessors.type_dict, accessors.type_mro(kind)[::-1]) for name, one in contents.items()}
    return [name for name, one in found.items() if type(one) is property and one.fset is not None and one.fget is not None and name[:1] != "_"]


def _methods(kind, target):
    """Methods that callers may call without an argument, but for the target."""
    found = {name: one for contents in map(accessors.type_dict, accessors.type_mro(kind)[::-1]) for name, one in contents.items()}
    return [one for name, one in found.items() if name[:1] != "_" and type(one) is types.FunctionType and _is_plain(one, target)]


def _is_plain(function, target):
    code = function.__code__
    return code is not target and not code.co_flags & LAZY and code.co_argcount - len(function.__defaults__ or ()) == 1 and not code.co_kwonlyargcount


def _count(value):
    """How many members of a value a walk may go to."""
    kind = type(value)
    return len(inputs.fields(value)) if inputs.is_record(value) else len(value) if kind in (list, tuple, dict) else 0
