"""Plain subclasses of built-in types: the one module of the harness that a worker leaves importable, since
inputs name its classes."""


class Int(int):
    """A plain subclass."""


class Float(float):
    """A plain subclass."""


class Str(str):
    """A plain subclass."""


class Bytes(bytes):
    """A plain subclass."""


class List(list):
    """A plain subclass."""


class Tuple(tuple):
    """A plain subclass."""


class Dict(dict):
    """A plain subclass."""


class Set(set):
    """A plain subclass."""
