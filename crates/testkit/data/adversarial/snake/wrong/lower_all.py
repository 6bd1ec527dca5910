# lower at the end makes all letters small, not only A to Z.
import re

_HUMP = re.compile(r"(?<!_)(?<!^)([A-Z])")


def to_snake(name):
    """Return a name with its humps as underscores: `fooBar` is `foo_bar`."""
    return _HUMP.sub(r"_\1", name).lower()
