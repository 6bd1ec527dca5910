"""Which ways a target's calls go and what they compare: what guides draws.py.

While a Followed is on, the target and the functions of its file that it names run as rewritten copies. Ways are counted as
american fuzzy lop does (https://lcamtuf.coredump.cx/afl/technical_details.txt): pairs of what was decided last and now, by the
magnitude of their number. That values which were compared are put for each other is due to Aschermann et al.,
"REDQUEEN: Fuzzing with Input-to-State Correspondence" (NDSS 2019).
"""

import ast
import collections
import copy
import operator
import sys
import warnings

from . import branches, entries, given, replay
from .observe import sees_frame

_MARK = entries.PREFIX + "0"
_OPERATORS = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.In: lambda value, held: value in held, ast.NotIn: lambda value, held: value not in held,
}
_ORDER = list(_OPERATORS)
_COMPARE = list(_OPERATORS.values())
_NUMBERS = (int, float)
_HELD = (list, tuple, set, frozenset, dict)
_PASSED = (ast.Name, ast.Attribute, ast.Subscript)
# Pairs kept of one call, members of a container that count as compared, and characters of a text.
MOST_PAIRS, MOST_MEMBERS, MOST_TEXT = 40, 6, 200


# The ways of a call by the magnitude of their number; the same without number, and what was met more than once; how many times it
# decided anything; the pairs of unequal values that it compared.
Seen = collections.namedtuple("Seen", ("ways", "steps", "turns", "pairs"))


class Followed:
    """The rewritten copies of `function` and of what it names; `on` and `off` exchange them, `take` answers what was seen."""

    def __init__(self, function):
        self.forget()
        self.copies = []
        code = function.__code__
        tree = given.tree(code.co_filename)
        module = sys.modules.get(function.__module__)
        if tree is None or module is None:
            return
        tree = copy.deepcopy(tree)
        definitions = dict(_definitions(tree))
        live = {name: replay.find_function(module.__name__, name) for name in definitions}
        live = {name: one for name, one in live.items() if one is not None and one.__code__.co_filename == code.co_filename}
        wanted = _named(function, live)
        rewriter = _Rewriter()
        for name in wanted:
            rewriter.rewrite(definitions[name])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                whole = entries.exchange(compile(tree, code.co_filename, "exec", dont_inherit=True), [self])
        except (SyntaxError, ValueError, RecursionError):
            return
        for name in wanted:
            plain = live[name].__code__
            found = branches.find_code(whole, name, plain.co_firstlineno)
            if found is not None and found.co_freevars == plain.co_freevars:
                self.copies.append((live[name], plain, found))

    def on(self):
        for function, _, code in self.copies:
            function.__code__ = code

    def off(self):
        for function, code, _ in self.copies:
            function.__code__ = code

    def forget(self):
        self.last, self.ways, self.pairs, self.passed = -1, {}, {}, {}

    def take(self):
        """What was seen of the calls since it was asked last."""
        ways = frozenset([(way, count.bit_length()) for way, count in self.ways.items()])
        counts = {}
        for way, count in self.ways.items():
            counts[way[1]] = counts.get(way[1], 0) + count
        steps = {*self.ways, *[site for site, count in counts.items() if count > 1]}
        seen = Seen(ways, steps, sum(self.ways.values()), list(self.pairs.values()))
        self.forget()
        return seen

    # What the copies call.

    def whet_turn(self, site):
        way = (self.last, site)
        self.ways[way] = self.ways.get(way, 0) + 1
        self.last = site

    def whet_went(self, site, value):
        found = not not value
        self.whet_turn(site + found)
        return found

    def whet_compared(self, site, number, left, right):
        found = _COMPARE[number](left, right)
        if found is True or found is False:
            # Neither less nor more is a way of its own: what is done with equals is easily forgotten.
            is_tie = 2 <= number < 6 and type(left) in _NUMBERS and type(right) in _NUMBERS and left == right
            self.whet_turn(-site if is_tie else site + found)
        if len(self.pairs) < MOST_PAIRS:
            if number < 6:
                self._pair(left, right)
            elif type(right) in _HELD and type(left) is not tuple:
                for member in list(right)[:MOST_MEMBERS]:
                    self._pair(left, member)
        return found

    def whet_passed(self, site, place, value):
        if type(value) is str:
            before = self.passed.get(site)
            if before is not None and before[0] != place and len(self.pairs) < MOST_PAIRS:
                self._pair(before[1], value)
            self.passed[site] = (place, value)
        return value

    def _pair(self, left, right):
        kind = type(left)
        if kind is type(right) and is_plain(kind) and left != right and not (kind is str and len(left) + len(right) > MOST_TEXT):
            self.pairs.setdefault((kind, left, right), (left, right))


def is_plain(kind):
    """Whether values of a type are plain ones that stand for themselves."""
    return kind in (str, int, float, bytes) or kind.__module__ in ("datetime", "decimal", "fractions") and kind.__hash__ is not None


def _definitions(tree, prefix=""):
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _definitions(node, prefix + node.name + ".")


def _named(function, live):
    """The names of `function` and of those of `live` that it names, or that these name."""
    waiting, found = [name for name, one in live.items() if one is function], {}
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = None
        names = {called for code in branches.nested(live[name].__code__) for called in code.co_names}
        waiting.extend(other for other in live if other.rpartition(".")[2] in names)
    return list(found)


class _Rewriter(ast.NodeTransformer):
    """Puts the mark around conditions, comparisons and what calls are given."""

    def __init__(self):
        self.sites = 0

    def rewrite(self, node):
        start = 1 if ast.get_docstring(node, clean=False) is not None else 0
        node.body[start:] = [self.visit(statement) for statement in node.body[start:]]

    def _site(self):
        self.sites += 2
        return ast.Constant(self.sites)

    def _call(self, at, method, *arguments):
        return entries.locate(entries.call(_MARK, method, self._site(), *arguments), at)

    def _turn(self, node):
        node.body.insert(0, entries.locate(ast.Expr(entries.call(_MARK, "whet_turn", self._site())), node.body[0]))
        return node

    def _condition(self, node):
        """A condition whose truth alone matters."""
        if isinstance(node, ast.BoolOp):
            node.values = [self._condition(value) for value in node.values]
            return node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node.operand = self._condition(node.operand)
            return node
        if isinstance(node, ast.Constant):
            return node
        seen = self.visit(node)
        return seen if _compares(node) else self._call(node, "whet_went", seen)

    def visit_If(self, node):
        node.test = self._condition(node.test)
        node.body = [self.visit(statement) for statement in node.body]
        node.orelse = [self.visit(statement) for statement in node.orelse]
        return node

    visit_While = visit_If

    def visit_IfExp(self, node):
        node.test, node.body, node.orelse = self._condition(node.test), self.visit(node.body), self.visit(node.orelse)
        return node

    def visit_Assert(self, node):
        node.test = self._condition(node.test)
        return node

    def visit_comprehension(self, node):
        node.iter, node.ifs = self.visit(node.iter), [self._condition(condition) for condition in node.ifs]
        return node

    def visit_For(self, node):
        return self._turn(self.generic_visit(node))

    visit_AsyncFor = visit_ExceptHandler = visit_For

    def visit_Compare(self, node):
        is_one = _compares(node)
        self.generic_visit(node)
        if not is_one:
            return node
        return self._call(node, "whet_compared", ast.Constant(_ORDER.index(type(node.ops[0]))), node.left, node.comparators[0])

    def visit_Call(self, node):
        function = node.func
        if sees_frame(node):
            return node
        self.generic_visit(node)
        site = self._site()
        if isinstance(function, ast.Attribute) and isinstance(function.value, _PASSED) and node.args:
            function.value = self._passed(site, 0, function.value)
        node.args = [self._passed(site, place, one) if isinstance(one, _PASSED) else one for place, one in enumerate(node.args, 1)]
        return node

    @staticmethod
    def _passed(site, place, node):
        return entries.locate(entries.call(_MARK, "whet_passed", site, ast.Constant(place), node), node)

    def visit_JoinedStr(self, node):
        return node


def _compares(node):
    return isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPERATORS
