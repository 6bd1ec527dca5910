"""Objects made anew by their own constructor with one argument changed.

What holds between the attributes of an object is its class's own, so they are not changed one by one; what the constructor
makes of other arguments is a state that any caller can bring about.
"""

import types

from . import accessors, inputs, relatives

# Changes of a constructor's argument, all of the type that it had: what other types do to the rest of the object is
# the constructor's business.
_CHANGES = {
    "negated", "near", "edge", "constant", "below a power", "half", "other truth", "empty", "upper case", "swapped case", "edge inside",
    "twice", "constant at the end", "space around", "first", "first two", "without the last", "backwards", "each twice", "one twice",
    "another order", "members swapped",
}
_VARIADIC = 0x0C


def changes(value, context):
    """Answers `(parameter, name, position among the relatives)` for every change of an object's constructor arguments."""
    for parameter, given in (arguments(value) or {}).items():
        for position, (name, relative) in enumerate(relatives.relatives(given, context)):
            if name in _CHANGES and type(relative) is type(given):
                yield parameter, name, position


def remade(value, parameter, position, context):
    """The object anew, with the relative at a position in the place of one argument. Raises what its constructor raises."""
    given = arguments(value)
    given[parameter] = relatives.relatives(given[parameter], context)[position][1]
    return type(value)(**given)


def arguments(value):
    """What an object's constructor was called with, by what its attributes of the same names hold; None where that can't be told."""
    held = inputs.attributes(value)
    kind = type(value)
    if not held or type(kind).__module__ not in ("builtins", "abc") or inputs.inherited(kind, "__dataclass_fields__") is not None:
        return None
    if inputs.inherited(kind, "__new__") is not accessors.type_dict(object)["__new__"]:
        return None
    init = inputs.inherited(kind, "__init__")
    if type(init) is not types.FunctionType or init.__code__.co_flags & _VARIADIC or init.__code__.co_posonlyargcount > 1:
        return None
    code, found = init.__code__, {}
    defaults = inputs.defaults(init)
    for name in code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]:
        attribute = next((known for known in (name, "_" + name, "_%s__%s" % (kind.__name__, name)) if known in held), None)
        if attribute is not None:
            found[name] = held[attribute]
        elif name not in defaults:
            return None
    return found
