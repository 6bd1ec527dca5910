"""What the sources of a target compare with: numbers and their neighbours, texts, sizes, tested types."""

import ast

_MOST = 60
# Texts that mean something to a module, or a method, that sources name.
_CASES, _SPACES, _DIGITS = ("\xdf", "\u0130", "\u0149", "\ufb01", "\u03a3"), ("\x1c", "\x85", "\u2028", "\xa0", "\t", "\r\n"), ("\xb2", "\u0663", "\xbd")
_LANGUAGES = {
    "fnmatch": ("*", "?", "[a-z]", "[!a]", "["),
    "glob": ("*", "?", "[a-z]", "[!a]", "**/"),
    "re": (".", "\\d", "[a-z]", "(", "|", "^", "$", "?", "(a)\\1", "(?i)", "(?P<a>b)", "\\b"),
    "struct": ("<", ">", "!", "h", "2s"),
    "shlex": ("'", '"', "\\", " "),
    "json": ("[", "{", '"', "\\u0041", "1e5", "-0", "null"),
    "urllib": ("%20", "%", "+", "?", "#", "//", "&", "="),
    "html": ("&amp;", "&", "&#39;", "<"),
    "csv": ('"', ",", "\n"),
    **dict.fromkeys(("upper", "lower", "casefold", "swapcase", "title", "capitalize", "islower", "isupper"), _CASES),
    **dict.fromkeys(("split", "splitlines", "strip", "rstrip", "lstrip", "isspace"), _SPACES),
    **dict.fromkeys(("isdigit", "isdecimal", "isnumeric", "isalnum"), _DIGITS),
}


def constants(sources, namespace=None):
    """Collects the constants of several sources, those of named module-level values among them.

    Answers `numbers`, `texts`, `bytes`, `sizes` (whole numbers that a length may be compared with), `types` (names of tested
    types), each in the order in which they are met, and `signs` (texts that mean something to modules that are named).
    """
    found = _Found()
    # Names that a value may stand behind, and those with the last names of attributes.
    names, called = [], []
    for source in sources:
        try:
            tree = ast.parse(_dedent(source))
        except (SyntaxError, ValueError):
            continue
        found.look(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                names.append(node.id)
                called.append(node.id)
            elif isinstance(node, ast.Attribute):
                called.append(node.attr)
    for name in dict.fromkeys(names):
        found.add_named((namespace or {}).get(name))
    signs = dict.fromkeys(sign for name in dict.fromkeys(called) for sign in _LANGUAGES.get(name, ()))
    return {**found.answer(), "signs": list(signs)}


def _dedent(source):
    lines = source.splitlines()
    first = next((line for line in lines if line.strip()), "")
    return "if True:\n" + source if first[:1] in (" ", "\t") else source


def _asks_type(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "type" and len(node.args) == 1


class _Found:
    def __init__(self):
        self.numbers, self.texts, self.bytes, self.sizes, self.types = {}, {}, {}, {}, {}

    def look(self, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant):
                self.add(node.value)
            elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
                if type(node.operand.value) in (int, float):
                    self.add(-node.operand.value)
            elif isinstance(node, ast.BinOp):
                self.add_folded(node)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "issubclass"):
                for inner in node.args[1:]:
                    self.types.update((name.id, None) for name in ast.walk(inner) if isinstance(name, ast.Name))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("hasattr", "callable"):
                self.types["object"] = None
            elif isinstance(node, ast.Compare) and _asks_type(node.left):
                self.types.update((name.id, None) for side in node.comparators for name in ast.walk(side) if isinstance(name, ast.Name))
            elif isinstance(node, ast.ExceptHandler) and node.type is not None and "TypeError" in ast.dump(node.type):
                # Whoever expects it mostly expects what can't be looked up by hash.
                self.types["list"] = None

    def add_folded(self, node):
        """Adds `2**31`, `1 << 20` and the like."""
        if not all(isinstance(side, ast.Constant) and type(side.value) is int and abs(side.value) < 512 for side in (node.left, node.right)):
            return
        left, right = node.left.value, node.right.value
        if isinstance(node.op, ast.Pow) and right >= 0:
            self.add(left**right)
        elif isinstance(node.op, ast.LShift) and right >= 0:
            self.add(left << right)
        elif isinstance(node.op, ast.Mult):
            self.add(left * right)

    def add_named(self, value):
        """Adds a module-level atom, or the atoms of a small collection of them."""
        kind = type(value)
        if kind in (list, tuple, set, frozenset) and len(value) <= 20:
            for member in value:
                self.add(member)
        elif kind is dict and len(value) <= 20:
            for key in value:
                self.add(key)
        elif kind.__name__ == "Pattern" and kind.__module__ == "re":
            self.add(value.pattern)
        else:
            self.add(value)

    def add(self, value):
        kind = type(value)
        if kind is int:
            self.numbers.update(dict.fromkeys((value, value - 1, value + 1, -value)))
            if 0 <= value <= 4000:
                self.sizes.update(dict.fromkeys((value, max(0, value - 1), value + 1)))
        elif kind is float:
            self.numbers.update(dict.fromkeys((value, value * 2, -value)))
        elif kind is str and len(value) <= 60 and not (len(value) > 30 and " " in value):
            self.texts[value] = None
            if len(value) > 2:
                self.texts.update(dict.fromkeys((value[:-1], value.swapcase())))
        elif kind is bytes and len(value) <= 60:
            self.bytes[value] = None

    def answer(self):
        return {
            "numbers": list(self.numbers)[:_MOST],
            "texts": list(self.texts)[:_MOST],
            "bytes": list(self.bytes)[:_MOST],
            "sizes": sorted(self.sizes)[:_MOST],
            "types": list(self.types)[:_MOST],
        }
