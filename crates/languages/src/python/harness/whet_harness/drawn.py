"""Other values of the types that stand at a place, as draws.py draws them: mostly small, at the edges of powers, made of each other."""

import itertools
import string
import sys

from . import inputs, relatives, remade

# Above this a number is large: a loop of so many turns is slow.
LARGE = 5000
# Members of one container that are looked at for values that stand beside, how deep, and how many of them.
MOST_WITHIN, DEPTH, MOST_BESIDE = 60, 4, 200
# Elements of a list that grew.
MOST_GROWN = 300
# Elements that lists of others may hold.
ODD = (None, float("nan"), "", -0.0, True, 1.0, [], (), 10**400)
PLAIN = (int, str, float, bytes, bool, list, type(None))
# Letters for texts beside those that were seen.
LETTERS = 6 * "\n" + "\r\t .,-_:;/'\"\\{}[]()<>%$?*!|+=^#@~0159aAzZ\xe9\xdf\u0130\u0663\u2028"


class Nothing(Exception):
    """A change that comes to nothing here."""


def unless_refused(action):
    """What the repository's own code answers, or a type with bounds; raises Nothing where it raises."""
    try:
        return action()
    except Nothing:
        raise
    except Exception as error:
        raise Nothing from error


class Values:
    """Draws values. `letters` are those that recorded texts hold; `required` keys are never taken out of a dictionary, nor renamed."""

    def __init__(self, context, random, letters, required):
        self.context, self.random, self.required = context, random, required
        self.texts = [text for text in context.texts if text][:40]
        seen = letters.union(*[text[:60] for text in self.texts])
        self.letters = LETTERS + "".join(sorted(seen))[:200]
        # The input that is drawn, and the argument that changes.
        self.made, self.root, self._beside = None, None, None
        # How often a large number is drawn for an argument; less once it made a call slow.
        self.large, self.drew_large = {}, set()
        self.library = {
            ("datetime", "date"): self._date, ("datetime", "datetime"): self._date, ("datetime", "timedelta"): self._span,
            ("fractions", "Fraction"): self._fraction, ("decimal", "Decimal"): self._decimal,
        }

    def begin(self, made):
        """The values that follow are drawn for this input."""
        self.made, self.drew_large, self._beside = made, set(), None

    def changed(self):
        """The input that is drawn holds other values now."""
        self._beside = None

    def beside(self):
        """Plain values of the input that is drawn."""
        if self._beside is None:
            members = [] if self.made is None else [*self.made.args, *self.made.kwargs.values()]
            self._beside = list(itertools.islice(within(members), MOST_BESIDE))
        return self._beside

    def was_slow(self):
        """The last input that was drawn takes too long."""
        for root in self.drew_large:
            self.large[root] = max(self.large.get(root, 1.0) * (0.5 if len(self.drew_large) == 1 else 0.8), 0.02)

    def other(self, value, times=0, is_whole=False):
        """Another value of the same type."""
        kind = type(value)
        if kind is list or kind is tuple and is_whole:
            return kind(self.elements(list(value)))
        if kind is tuple:
            # Those within have a form that goes with their length.
            return self._with_one(value, self.other)
        if kind is dict:
            return self._entries(value, times)
        if kind in (str, int) and self.random.random() < 0.25:
            # One that stands elsewhere in the input: names and keys mean something only where they are met again.
            like = [one for one in self.beside() if type(one) is kind and one != value]
            if like:
                return self.random.choice(like)
        if kind is int:
            return self._number(value)
        if kind is str and self.random.random() < 0.75:
            return self._text(value)
        if kind is float and self.random.random() < 0.6:
            return self._float(value)
        make = self.library.get((kind.__module__, kind.__name__))
        if make is not None and self.random.random() < 0.9:
            return unless_refused(lambda: make(value))
        found = [one for _, one in relatives.relatives(value, self.context) if type(one) is kind]
        if not found:
            raise Nothing
        return self.random.choice(found)

    def elements(self, found):
        random = self.random
        if not found:
            raise Nothing
        place, other = random.randrange(len(found)), random.randrange(len(found))
        way = random.randrange(13)
        if way == 12 and type(found[place]) in PLAIN:
            # Of another type, where lists may hold such; the very same object once or twice.
            odd = random.choice(ODD)
            found[place:place] = [list(odd) if type(odd) is list else odd] * random.choice((1, 2))
        elif way == 0:
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
            found.insert(random.choice((place, place + 1)), self.nearly(found[place]))
        elif way == 9:
            found = found[place:] + found[:place]
        elif way == 10 and self.context.sizes:
            found = self.grown(found)
        else:
            found[place] = self.nearly(found[place])
        return found

    def grown(self, found):
        """As many elements as the sources compare a length with, told apart where that is easy."""
        size, members = self.random.choice(self.context.sizes) + self.random.choice((0, 1, 2, 12)), []
        for number in range(min(size, MOST_GROWN)):
            member = found[number % len(found)]
            if number >= len(found) and type(member) in (str, int):
                member = member + str(number) if type(member) is str else member + number
            members.append(member)
        return members

    def nearly(self, value, depth=0):
        """A value with one change somewhere within; what holds it is built anew, so that the original stays."""
        kind = type(value)
        if kind in (list, tuple) and value and depth < 6 and self.random.random() < 0.75:
            return self._with_one(value, lambda member: self.nearly(member, depth + 1))
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
                items[place] = (key, self.nearly(member, depth + 1))
            return dict(items)
        arguments = remade.arguments(value)
        if arguments:
            return self.made_anew(kind, arguments)
        return self.other(value)

    def made_anew(self, kind, arguments):
        """An object by its constructor with another one of its arguments."""
        name = self.random.choice(list(arguments))
        arguments[name] = self.other(arguments[name])
        return unless_refused(lambda: kind(**arguments))

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
            way = random.randrange(6) if times < 2 else random.choice((0, 1, 2, 2, 2, 3, 3, 4, 4))
            if way == 0 and len(items) > 1 and key not in self.required:
                del items[place]
            elif way == 1 and key not in self.required:
                items[place] = (self._key(key, items), member)
            elif way in (2, 3):
                items.append((self._key(key, items), items[other][1] if random.random() < 0.5 else self.nearly(member)))
            elif way == 4:
                items[place] = (key, self.nearly(member))
            else:
                random.shuffle(items)
        return dict(items)

    def _key(self, key, items):
        """A new key of the same type; one of several parts mostly of those that others have."""
        if type(key) is tuple and len(key) > 1 and self.random.random() < 0.2:
            # Where there is a way there may be one back.
            made = key[::-1]
        elif type(key) is tuple and key and self.random.random() < 0.8:
            parts = [part for other, _ in items if type(other) is tuple for part in other]
            like = [[part for part in parts if type(part) is type(own)] for own in key]
            made = tuple([self.random.choice(some) for some in like])
        else:
            # Mostly one that stands elsewhere in the input: a key that nothing names is seldom met.
            like = [one for one in self.beside() if type(one) is type(key) and one != key] if self.random.random() < 0.6 else []
            made = self.random.choice(like) if like else self.other(key)
        if any(made == other for other, _ in items):
            # What stands there would be lost.
            raise Nothing
        return made

    def _number(self, value):
        random = self.random
        way = random.random()
        if way < 0.15:
            # At the limit that another argument, or its length, may be.
            return random.choice(self._numbers_beside() or [value]) + random.choice((0, 0, 1, -1))
        if way < 0.35:
            return value + random.randint(-3, 3)
        if way < 0.42:
            return random.choice((0, 0, 1, -1))
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

    def _float(self, value):
        random = self.random
        way = random.randrange(5)
        if way == 0:
            return random.choice((0.0, 0.0, random.randint(-50, 500) / 10, random.randint(-50, 500) / 10))
        if way == 1:
            return random.randint(-500, 5000) / 100
        if way == 2:
            return float(random.randint(-5, 30))
        if way == 3:
            return random.uniform(-1, 1) * 10 ** random.randint(-6, 6)
        return value + random.choice((0.1, -0.1, 0.5, 1.0, 1e-9, -1.0))

    def _text(self, value):
        random, signs = self.random, self.context.signs
        if signs and value and random.random() < 0.3:
            # What a whole text is about stands at its start.
            place = 0 if random.random() < 0.25 else random.randrange(len(value))
            return value[:place] + random.choice(signs) + value[place + random.choice((0, 1, 1)) :]
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
        if random.random() < 0.08:
            return kind(random.choice((0, 0, 1, -1)))
        if random.random() < 0.5:
            return random.choice((value // 1, value // 1 + 1, self.random.randint(-2, 9))) + kind(random.choice((-1, 1)), 10 ** random.randint(1, 25))
        numerator, denominator = random.choice(((self._number(value.numerator), value.denominator), (value.numerator, self._number(value.denominator))))
        return self._sized(kind(numerator, denominator or 1), kind(random.randint(-50, 500), random.randint(1, 24)))

    def _decimal(self, value):
        random, kind = self.random, type(value)
        return kind(random.choice((0, 1, random.randint(-50, 5000), random.randint(-50, 5000), random.getrandbits(40), random.getrandbits(40)))).scaleb(-random.choice((0, 1, 2, 2, 3, 4, 10)))


def within(value, depth=0):
    """Plain values that stand in a container or an object, keys among them."""
    members = list(inputs.attributes(value).values()) if inputs.attributes(value) else []
    if type(value) is dict:
        members = [*value, *value.values()]
    elif type(value) in (list, tuple, set, frozenset):
        members = list(value)
    for member in members[:MOST_WITHIN]:
        if type(member) in (str, int, float, bytes):
            yield member
        elif depth < DEPTH:
            yield from within(member, depth + 1)
