import sys
import textwrap
import threading
import unittest

from whet_harness import entries
from whet_harness.bootstrap import Site


class Seen:
    """An activation that keeps what it is told."""

    streams = None

    def __init__(self, listener, arguments):
        self.pending = None
        self.listener = listener
        self.arguments = arguments

    def returned(self, value):
        self.listener.seen.append((self.arguments, "returns", value))

    def failed(self, exception):
        self.listener.seen.append((self.arguments, "raises", type(exception).__name__))

    def yielded(self, value):
        self.listener.seen.append((self.arguments, "yields", value))

    def sent(self, value):
        self.listener.seen.append((self.arguments, "sent", value))


class Listener:
    def __init__(self, gap=0):
        self.gap = gap
        self.seen = []
        self.looks = 0
        self.functions = []

    def sample(self, mark, frame):
        self.looks += 1
        mark.skip(self.gap)
        self.functions.append(mark.function_of(frame))
        return Seen(self, dict(frame.f_locals))


def load(source, *names, gap=0):
    """Runs `source` with the named functions marked; answers its namespace, the listener and the marks."""
    source = textwrap.dedent(source)
    listener, marks = Listener(gap), []
    sites = [Site({"name": "m:" + name, "file": "m.py", "line": 0, "end_line": 0}) for name in names]
    rewrite, finish = entries.marker({"m.py": sites}, listener, marks)
    tree = rewrite(compile(source, "m.py", "exec", flags=1024), "m.py")
    code = finish(compile(tree, "m.py", "exec"), "m.py")
    space = {"__name__": "m"}
    exec(code, space)
    return space, listener, marks


class Entries(unittest.TestCase):
    def test_every_way_out_of_a_function_is_seen_with_its_value(self):
        space, listener, _ = load(
            """
            def f(x):
                "docs"
                if x == 0:
                    return "early"
                if x == 1:
                    raise KeyError(x)
                if x == 2:
                    return
                x + 1
            """,
            "f",
        )
        f = space["f"]
        for value in (0, 2, 3):
            f(value)
        with self.assertRaises(KeyError):
            f(1)
        self.assertEqual([entry[1:] for entry in listener.seen], [("returns", "early"), ("returns", None), ("returns", None), ("raises", "KeyError")])
        self.assertEqual(f.__doc__, "docs")

    def test_a_result_is_complete_only_after_finally_and_exit(self):
        space, listener, _ = load(
            """
            def f(log):
                try:
                    return log
                finally:
                    log.append("finally")
            def g(log):
                try:
                    return 1
                finally:
                    raise ValueError
            """,
            "f",
            "g",
        )
        noted = []
        original = Seen.returned
        self.addCleanup(setattr, Seen, "returned", original)
        Seen.returned = lambda activation, value: noted.append(list(value))
        space["f"]([])
        self.assertEqual(noted, [["finally"]])
        with self.assertRaises(ValueError):
            space["g"]([])
        self.assertEqual(listener.seen[-1][1:], ("raises", "ValueError"))

    def test_methods_nested_functions_and_recursion_are_reached(self):
        space, listener, marks = load(
            """
            class Base:
                def m(self, n): return n
            class C(Base):
                def m(self, n=4): return super().m(n) + 1
                @classmethod
                def c(cls): return cls
                @staticmethod
                def s(): return 5
                @property
                def p(self): return self.m()
            def outer(k):
                def inner(n): return k if n == 0 else inner(n - 1)
                return inner
            """,
            "C.m",
            "C.c",
            "C.s",
            "C.p",
            "outer.<locals>.inner",
        )
        first, second = space["outer"](10), space["outer"](20)
        self.assertEqual((first(2), second(0)), (10, 20))
        self.assertEqual(listener.functions, [first, first, first, second])
        c = space["C"]()
        self.assertEqual((c.p, c.c(), c.s()), (5, space["C"], 5))
        self.assertEqual([mark.kind for mark in marks], ["method", "classmethod", "staticmethod", "method", "function"])
        self.assertEqual(len(listener.seen), 4 + 4)

    def test_generators_and_coroutines_are_seen_step_by_step(self):
        space, listener, _ = load(
            """
            def g(n):
                got = yield n
                yield got
                return "end"
            async def a(n):
                return n
            """,
            "g",
            "a",
        )
        one, two = space["g"](1), space["g"](2)
        steps = [next(one), next(two), one.send("x"), two.send("y")]
        self.assertEqual(steps, [1, 2, "x", "y"])
        with self.assertRaises(StopIteration) as stop:
            next(one)
        self.assertEqual(stop.exception.value, "end")
        two.close()
        kinds = [(entry[0]["n"], entry[1]) for entry in listener.seen]
        self.assertEqual(kinds.count((1, "yields")), 2)
        self.assertEqual(listener.seen[-1][1:], ("raises", "GeneratorExit"))
        with self.assertRaises(StopIteration) as stop:
            space["a"](7).send(None)
        self.assertEqual((stop.exception.value, listener.seen[-1][1:]), (7, ("returns", 7)))

    def test_a_marked_function_keeps_its_signature_names_lines_and_frame(self):
        source = """
            import sys
            def f(a, b=2, *c, d=3, **e):
                one = sys._getframe(1).f_code.co_name
                return sorted(locals()), one
            @(lambda function: function)
            def g():
                raise ValueError
            def caller():
                return f(1)
        """
        plain = {}
        exec(compile(textwrap.dedent(source), "m.py", "exec"), plain)
        space, _, _ = load(source, "f", "g")
        self.assertEqual(space["caller"](), plain["caller"]())
        for name in ("co_argcount", "co_varnames", "co_firstlineno", "co_flags", "co_freevars", "co_name"):
            self.assertEqual(getattr(space["f"].__code__, name), getattr(plain["f"].__code__, name), name)
            self.assertEqual(getattr(space["g"].__code__, name), getattr(plain["g"].__code__, name), name)
        self.assertEqual({name for name in space if "whet" in name}, set())
        try:
            space["g"]()
        except ValueError:
            trace = sys.exc_info()[2].tb_next
            self.assertEqual((trace.tb_lineno, trace.tb_next), (8, None))

    def test_calls_between_looks_are_counted_and_not_looked_at(self):
        space, listener, marks = load("def f(x):\n    return x\n", "f", gap=4)
        self.assertEqual([space["f"](n) for n in range(13)], list(range(13)))
        self.assertEqual((listener.looks, marks[0].calls()), (3, 13))
        self.assertEqual([entry[2] for entry in listener.seen], [0, 5, 10])

    def test_threads_that_call_a_target_at_once_get_their_values(self):
        space, listener, marks = load("def f(x):\n    return x\n", "f", gap=1)
        called = []
        threads = [threading.Thread(target=lambda: called.extend([space["f"](n) for n in range(3000)])) for _ in range(4)]
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            sys.setswitchinterval(interval)
        self.assertEqual(len(called), 12000)
        # A thread may stand between the mark and its iterator while another exchanges them.
        self.assertAlmostEqual(marks[0].calls(), 12000, delta=12)


if __name__ == "__main__":
    unittest.main()
