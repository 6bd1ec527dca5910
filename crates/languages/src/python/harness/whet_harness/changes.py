"""What generation tries: a call's arguments with one value changed, changed as a whole, or changed several times."""

from . import given, inputs, relatives, remade

# Bytes above which a recorded input is changed only where there is no smaller one.
LARGE = 4096
# How changes that set an option are named, and which are tried again under each of its settings: what is done with
# an argument often hangs on one.
OPTION = "an option set otherwise"
FIELDS = "fields as other calls had them"
UNDER_OPTIONS = (
    "stream", "iterator", "empty", "equal, of another type", "subclass", "each twice", "odd element", "none",
    "other truth", "equal float", "equal bool", "swapped case", "edge inside", "returns in turn", "empty stream", "one",
)
# Settings of one option besides its own, and bases that options are set in.
MOST_SETTINGS, MOST_SET = 2, 6


class Changes:
    """Changes of `bases`, the encoded inputs that they start from, each with the `ends` that it comes to; the first `fixed`
    arguments stay as they are."""

    def __init__(self, function, fixed, bases, ends, context, drawn):
        self.function = function
        self.fixed = fixed
        self.bases = bases
        self.ends = ends
        self.context = context
        self.random = drawn

    def plan(self):
        """Every single change once, those of a kind that was not yet tried first."""
        groups = {}
        for number, data in enumerate(self.bases):
            made = inputs.Input(data)
            for path in made.places(self.fixed):
                value = made.at(path)
                inside = path[1] if len(path) > 1 and inputs.is_record(made.at(path[:1])) else "inside"
                place = (path[0], inside if len(path) > 1 else "whole", type(value).__name__)
                for position, (name, _) in enumerate(self._relatives(value)):
                    groups.setdefault((*place, self.ends[number], name), []).append((number, path, position))
        for members in groups.values():
            # Small bases first: more is tried in the same time.
            self.random.shuffle(members)
            members.sort(key=lambda member: (len(self.bases[member[0]]) // LARGE, member[0] // 4))
        yield from self._in_turns(groups)

    def _in_turns(self, groups):
        """The first member of each group with its key, then the second of each, in an order that is drawn for each turn."""
        order = sorted(groups, key=repr)
        for turn in range(max(map(len, groups.values()), default=0)):
            self.random.shuffle(order)
            for key in order:
                if len(groups[key]) > turn:
                    yield key, groups[key][turn]

    def _relatives(self, value):
        if callable(value) and not isinstance(value, type):
            return list(relatives.of_function(value, self.context))
        if type(value).__name__ in ("generator", "list_iterator", "tuple_iterator") or type(value) in (zip, map, filter, enumerate):
            return list(relatives.of_stream(value, self.context))
        return relatives.relatives(value, self.context)

    def single(self, base, path, position):
        """A base with one value changed."""
        made = inputs.Input(self.bases[base])
        made.put(path, self._relatives(made.at(path))[position][1])
        return made

    def structural(self):
        """Changes of the arguments as a whole, each kind of change once before any comes again."""
        yield from self._once_each(self._structural())

    def under_options(self):
        """An option set otherwise with another argument changed, or with another option: each kind of it in turn."""
        yield from self._once_each(self._under_options())

    def fields(self):
        """Objects with attributes as other calls had them."""
        yield from self._once_each(self._set_fields())

    def _once_each(self, made):
        groups = {}
        for key, make in made:
            groups.setdefault(key, []).append(make)
        for members in groups.values():
            self.random.shuffle(members)
        yield from self._in_turns(groups)

    def _structural(self):
        """Aliases, other calls' arguments, defaults left out and given, arguments that follow from each other."""
        for number, data in enumerate(self.bases):
            made = inputs.Input(data)
            roots = [place for place in made.places(self.fixed) if len(place) == 1]
            for first in roots:
                for second in roots:
                    if first != second:
                        yield ("aliased arguments", first, second), lambda n=number, a=first, b=second: self._aliased(n, a, b)
                yield ("holds itself", first), lambda n=number, a=first: self._cyclic(n, a)
                for other in range(len(self.bases)):
                    if other != number:
                        yield ("another call's argument", first), lambda n=number, o=other, a=first: self._crossed(n, o, a)
            for key, values in self._optional(made).items():
                for value in values:
                    yield ("optional argument", key), lambda n=number, k=key, v=value: self._with(n, k, v)
            if len(made.args) > max(self.fixed, self._required()):
                yield ("left out",), lambda n=number: self._shortened(n)
        for number, data in enumerate(self.bases[:4]):
            yield from self._module_state(number)
            values = inputs.Input(data).args
            yield from self._elements_anew(number)
            if any(inputs.attributes(value) for value in values):
                for place, value in enumerate(values):
                    for parameter, name, position in remade.changes(value, self.context):
                        change = ((place,), parameter, position)
                        yield ("object made anew", place, parameter, name), lambda n=number, c=change: self._anew(n, *c)
                for name, change in (("as new", inputs.emptied), ("plain lists twice", inputs.doubled)):
                    yield ("objects", name), lambda n=number, c=change: self._objects(n, c)
            for path, container in self._looked_up(number):
                for odd in (7, None):
                    yield ("the same inside", path[0], container, odd), lambda n=number, p=path, c=container, o=odd: self._inside(n, p, c, o)
        pairs = list(self._pairs())
        for first, second, number in _beside_empty(pairs):
            for other in ({1: 0, "a": 0}, [1, "a"]):
                yield ("beside nothing", first, second), lambda n=number, a=first, b=second, o=other: self._emptied(n, a, b, o)
        for first, second, count, number in _comparable(pairs):
            for name in relatives.RELATIONS:
                yield ("related arguments of %d" % count, first, second, name), lambda n=number, a=first, b=second, r=name: self._related(n, a, b, r)
        for first, second, number in _holding(pairs):
            for name in relatives.MEMBERSHIPS:
                yield ("member", first, second, name), lambda n=number, a=first, b=second, r=name: self._member(n, a, b, r)

    def _looked_up(self, number):
        """Plain values inside an argument, each with another argument among whose elements it may be looked up."""
        made = inputs.Input(self.bases[number])
        places = made.places(self.fixed)
        containers = [path for path in places if len(path) == 1 and type(made.at(path)) in (list, tuple)]
        inside = [path for path in places if len(path) > 1 and type(made.at(path)) in relatives.ATOMS]
        return [(path, container) for path in inside[:12] for container in containers if path[0] != container[0]]

    def _inside(self, number, path, container, odd):
        """A value of another type inside an argument, and the same among the elements of another argument."""
        made = inputs.Input(self.bases[number])
        made.put(path, odd)
        held = made.at(container)
        made.put(container, type(held)([*held, odd]))
        return made

    def _pairs(self):
        """Every two different arguments of a base: its number, how many arguments it has, then place and value of each."""
        for number, data in enumerate(self.bases):
            made = inputs.Input(data)
            roots = [(place, made.at(place)) for place in made.places(self.fixed) if len(place) == 1]
            for first, value in roots:
                for second, other in roots:
                    if first != second:
                        yield number, len(roots), first, value, second, other

    def _emptied(self, number, first, second, other):
        """One argument without elements beside another, of the type that it has, that would not do with any.

        Of another type it tells nothing: a lookup before the loop is no mistake because None has no such method.
        """
        made = inputs.Input(self.bases[number])
        made.put(first, type(made.at(first))())
        kind = type(made.at(second))
        if kind is not type(other) and not (kind in (tuple, set, frozenset) and type(other) is list):
            return None
        made.put(second, kind(other))
        return made

    def _objects(self, number, change):
        """The objects among the arguments, `self` among them, with their own containers changed as a whole."""
        made = inputs.Input(self.bases[number])
        changed = [change(value) for value in made.args]
        return made if any(changed) else None

    def _module_state(self, number):
        """One entry otherwise of a container at module level that the module's functions change: what is remembered of it
        is wrong then."""
        for index, name, value in given.changed_state(inputs.Input(self.bases[number]).state):
            keys = list(value)[:3] if type(value) is dict else range(min(3, len(value)))
            for key in keys:
                near = [one for _, one in relatives.relatives(value[key], self.context) if type(one) is type(value[key])][:4]
                for how, other in enumerate(near):
                    yield ("module state", name, how), lambda n=number, i=index, k=key, o=other: self._with_state(n, i, k, o)
                yield ("module state", name, "one less"), lambda n=number, i=index, k=key: self._with_state(n, i, k)

    def _with_state(self, number, index, key, *other):
        made = inputs.Input(self.bases[number])
        held = made.state[index][1]
        if other:
            held[key] = other[0]
        else:
            del held[key]
        return made

    def _elements_anew(self, number):
        """Objects inside of arguments made anew, in their place and beside themselves: equal ones need not be the same."""
        made = inputs.Input(self.bases[number])
        inside = [path for path in made.places(self.fixed) if len(path) > 1 and remade.arguments(made.at(path)) is not None]
        for path in inside[:3]:
            for parameter, name, position in remade.changes(made.at(path), self.context):
                change = (path, parameter, position)
                yield ("element made anew", path[0], parameter, name), lambda n=number, c=change: self._anew(n, *c)
                if type(made.at(path[:-1])) is list:
                    for beside in ("behind", "before"):
                        key = ("beside one made anew", path[0], parameter, name, beside)
                        yield key, lambda n=number, c=change, b=beside: self._anew(n, *c, b)

    def _anew(self, number, path, parameter, position, beside=None):
        """An object, `self` as well, made by its constructor with another argument: in its place, or `beside` ("before",
        "behind") the elements of its list."""
        made = inputs.Input(self.bases[number])
        changed = remade.remade(made.at(path), parameter, position, self.context)
        if beside is None:
            made.put(path, changed)
        else:
            held = made.at(path[:-1])
            held.insert(0 if beside == "before" else len(held), changed)
        return made

    def _under_options(self):
        settings = self.settings()
        for number in range(min(len(self.bases), MOST_SET)):
            made = inputs.Input(self.bases[number])
            for option, values in settings.items():
                free = [path for path in made.places(self.fixed) if len(path) == 1 and self._name(path[0]) != option]
                for path in free:
                    names = [name for name, _ in self._relatives(made.at(path))]
                    for name in UNDER_OPTIONS:
                        if name in names:
                            for value in values:
                                change = (path, names.index(name))
                                yield (OPTION, option, value, path[0], name), lambda n=number, o=option, v=value, c=change: self._set(n, o, v, c)
                for other in settings:
                    if other > option:
                        both = {option: values[0], other: settings[other][0]}
                        yield (OPTION, option, other), lambda n=number, b=both: self._set_all(n, b)

    def _set_fields(self):
        """Attributes of an object set to what other calls had there, one in every base, and two together: what one says
        often hangs on another."""
        held = {}
        for data in self.bases:
            for root, value in enumerate(inputs.Input(data).args):
                contents = inputs.attributes(value)
                for name in given.settable(type(value)) if contents else ():
                    if type(contents.get(name, ...)) in relatives.OPTIONS:
                        held.setdefault((root, name), {}).setdefault((type(contents[name]), contents[name]), None)
        settings = [(place, value) for place, values in held.items() if len(values) > 1 for _, value in list(values)[: MOST_SETTINGS + 1]]
        for number in range(len(self.bases)):
            for first, one in settings:
                yield (FIELDS, first, one, number), lambda n=number, b=((first, one),): self._with_fields(n, b)
                for second, other in settings:
                    if first < second:
                        both = ((first, one), (second, other))
                        yield (FIELDS, first, one, second, other), lambda n=number, b=both: self._with_fields(n, b)

    def _with_fields(self, number, values):
        made = inputs.Input(self.bases[number])
        for (root, name), value in values:
            if root >= len(made.args) or name not in inputs.attributes(made.args[root]):
                return None
            object.__setattr__(made.args[root], name, value)
        return made

    def settings(self):
        """Values of the parameters with defaults besides those: the other truth, one more, what recorded calls gave."""
        found, names = {}, self._names()
        for name, default in inputs.defaults(self.function).items():
            passed = [value for value in self._passed(name) if type(value) in relatives.OPTIONS]
            others = [value for value in passed if type(value) is not type(default) or value != default]
            values = [default + 1, *others] if type(default) is int else others
            if type(default) is bool:
                values = [not default, default][: 1 + bool(others)]
            distinct = list({(type(value), value): value for value in values}.values())[:MOST_SETTINGS]
            if distinct and name not in names[: self.function.__code__.co_posonlyargcount]:
                found[name] = distinct
        return found

    def _names(self):
        code = self.function.__code__
        return code.co_varnames[: code.co_argcount]

    def _name(self, root):
        """The parameter that an argument is given for."""
        names = self._names()
        return names[root] if type(root) is int and root < len(names) else root

    def _passed(self, name):
        """What the bases give for a parameter."""
        for made in map(inputs.Input, self.bases):
            path = self.path(made, name)
            if path[0] != name or name in made.kwargs:
                yield made.at(path)

    def path(self, made, name):
        """Where a call gives a parameter: by its position, or by its name, where it also may be put."""
        names = self._names()
        is_positional = name in names and names.index(name) < len(made.args)
        return (names.index(name),) if is_positional else (name,)

    def _set(self, number, option, value, change):
        path, position = change
        made = self._set_all(number, {option: value})
        made.put(path, self._relatives(made.at(path))[position][1])
        return made

    def _set_all(self, number, values):
        made = inputs.Input(self.bases[number])
        for option, value in values.items():
            made.put(self.path(made, option), value)
        return made

    def _required(self):
        code = self.function.__code__
        return code.co_argcount - len(self.function.__defaults__ or ())

    def _optional(self, made):
        """Parameters with a default that the call leaves out, with values to try."""
        found, by_position = {}, self._names()[: self.function.__code__.co_posonlyargcount]
        for name, default in inputs.defaults(self.function).items():
            if name in made.kwargs or name in by_position or self.path(made, name) != (name,):
                continue
            annotation = self.function.__annotations__.get(name, "")
            annotated = relatives.of_annotation(annotation if type(annotation) is str else getattr(annotation, "__name__", repr(annotation)))
            near = relatives.relatives(default, self.context)
            named = [value for kind, value in near if kind == "constant"][:20]
            found[name] = named + [value for kind, value in near if kind != "constant"][:25] + annotated
        return found

    def _aliased(self, number, first, second):
        made = inputs.Input(self.bases[number])
        made.put(second, made.at(first))
        return made

    def _related(self, number, first, second, relation):
        """One argument made from another of its type: functions of two texts or lists compare them."""
        made = inputs.Input(self.bases[number])
        pair = relatives.related(made.at(first), relation)
        if pair is None:
            return None
        made.put(first, pair[0])
        made.put(second, pair[1])
        return made

    def _member(self, number, container, member, how):
        """One argument among the elements of another: functions look for it there."""
        made = inputs.Input(self.bases[number])
        changed = relatives.with_member(made.at(container), made.at(member), how, self.context)
        if changed is None:
            return None
        made.put(container, changed)
        return made

    def _cyclic(self, number, path):
        made = inputs.Input(self.bases[number])
        value = made.at(path)
        if type(value) is list:
            value.append(value)
        elif type(value) is dict:
            value["itself"] = value
        else:
            return None
        return made

    def _crossed(self, number, other, path):
        made, source = inputs.Input(self.bases[number]), inputs.Input(self.bases[other])
        try:
            made.put(path, source.at(path))
        except (IndexError, KeyError):
            return None
        return made

    def _with(self, number, name, value):
        made = inputs.Input(self.bases[number])
        made.kwargs[name] = value
        return made

    def _shortened(self, number):
        made = inputs.Input(self.bases[number])
        made.args.pop()
        return made

    def combined(self, kept):
        """A base, or an input that was `kept`, with two or three changes."""
        made = inputs.Input(self.random.choice(self.bases + kept))
        for _ in range(self.random.choice((1, 2, 2, 3))):
            places = made.places(self.fixed)
            if not places:
                return None
            path = self.random.choice(places)
            chosen = self._relatives(made.at(path))
            if chosen:
                made.put(path, self.random.choice(chosen)[1])
        return made


def _beside_empty(pairs):
    """Containers among the arguments with another argument that is looked at only where there is an element."""
    found = {}
    for number, _, first, value, second, _ in pairs:
        if type(value) in (list, tuple, set, frozenset, dict, str):
            found.setdefault((first, second), number)
    return [(first, second, number) for (first, second), number in found.items()]


def _holding(pairs):
    """Containers among the arguments with another that may stand in them, each with the two smallest bases."""
    found = {}
    for number, _, first, value, second, other in pairs:
        if type(value) in relatives.CONTAINERS and type(other) in relatives.ATOMS:
            found.setdefault((first, second), []).append(number)
    return [(first, second, number) for (first, second), numbers in found.items() for number in numbers[:2]]


def _comparable(pairs):
    """Pairs of arguments of one type among so many, each with the two bases in which the first is most varied."""
    found = {}
    for number, count, first, value, second, other in pairs:
        if type(value) is type(other) and type(value) in relatives.RELATED and value:
            variety = len({repr(member) for member in value[:40]})
            found.setdefault((first, second, count), []).append((variety, number))
    for (first, second, count), bases in found.items():
        yield from ((first, second, count, number) for _, number in sorted(bases, reverse=True)[:2])
