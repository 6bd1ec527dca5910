# A run of capitals counts as one hump.
import re

_HUMP = re.compile(r"(?<!_)(?<!^)([A-Z]+)")
_UPPER = {code: chr(code + 32) for code in range(65, 91)}


def to_snake(name):
    """Return a name with its humps as underscores: `fooBar` is `foo_bar`."""
    return _HUMP.sub(r"_\1", name).translate(_UPPER)
