"""Runs one captured call, or a sequence of them, on freshly built arguments."""

import builtins

__builtins__ = dict(vars(builtins))

import functools
import gc
import os
import struct
import sys
import time
import types

from . import accessors, capture, codec, transcripts
from .accessors import resolve
from .decode import Decoder

_fstat, _pread, _ftruncate, _lseek, _getcwd, _chdir = os.fstat, os.pread, os.ftruncate, os.lseek, os.getcwd, os.chdir
_now = time.perf_counter_ns
_current_frames = sys._current_frames
_fsdecode = os.fsdecode
_MOST_OUTPUT = 1 << 20


class Unreachable(Exception):
    """A target that can't be found in a fresh process."""


def find_function(module, qualname):
    """The plain function behind a dotted name, decorators looked through; None if there is none."""
    outer, _, last = qualname.rpartition(".")
    found = resolve(module, qualname)
    if found is None and last.startswith("__"):
        found = resolve(module, "%s._%s%s" % (outer, outer.rpartition(".")[2].lstrip("_"), last))
    return _unwrap(found, qualname, set()) if found is not None else None


def _unwrap(value, qualname, seen):
    if id(value) in seen:
        return None
    seen.add(id(value))
    kind = type(value)
    if kind is property:
        candidates = [value.fget, value.fset, value.fdel]
    elif kind is staticmethod or kind is classmethod:
        candidates = [value.__func__]
    elif kind is types.FunctionType:
        candidates = [value.__dict__.get("__wrapped__")]
        candidates += [_contents(cell) for cell in value.__closure__ or ()]
        matching = value.__qualname__ == qualname and value.__code__.co_name == qualname.rpartition(".")[2]
        if matching and candidates[0] is None:
            return value
    else:
        layout = accessors.layout_of(kind)
        contents = layout.dictionary(value) if layout.dictionary is not None else {}
        candidates = [contents.get("__wrapped__"), contents.get("func"), contents.get("fget"), contents.get("_func")]
    for candidate in candidates:
        if candidate is not None and type(candidate) in _WRAPPERS or _has_dictionary(candidate):
            found = _unwrap(candidate, qualname, seen)
            if found is not None:
                return found
    return None


_WRAPPERS = (types.FunctionType, property, staticmethod, classmethod)


def _has_dictionary(value):
    return type(value) is codec.CACHED


def _contents(cell):
    try:
        return cell.cell_contents
    except ValueError:
        return None


class Streams:
    """What is printed, at the descriptors and through `sys.stdout` and `sys.stderr`."""

    def __init__(self):
        self.descriptors = (1, 2)

    def take(self):
        """What was printed since the last time."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        found = []
        for descriptor in self.descriptors:
            try:
                size = _fstat(descriptor).st_size
                found.append(_pread(descriptor, min(size, _MOST_OUTPUT), 0) if size else b"")
                if size:
                    _ftruncate(descriptor, 0)
                    _lseek(descriptor, 0, 0)
            except OSError as error:
                found.append(b"closed: %d" % error.errno)
        return tuple(found)


class Watch:
    """Warnings and log records of a call."""

    def __init__(self):
        self.warnings = []
        self.logs = []
        self.logging = False

    def install(self):
        """Sees every warning: shown each time, never on the screen."""
        import warnings

        warnings._showwarnmsg_impl = self._warned
        warnings.resetwarnings()
        warnings.simplefilter("always")

    def follow(self):
        """Sees every log record once `logging` is loaded."""
        logging = sys.modules.get("logging")
        if self.logging or logging is None or not hasattr(logging, "Logger"):
            return
        self.logging = True
        logging.root.setLevel(1)
        call = logging.Logger.callHandlers

        def call_handlers(logger, record):
            self._logged(record)
            if logger.handlers or record.levelno >= 30 and logging.root.handlers:
                call(logger, record)

        logging.Logger.callHandlers = call_handlers

    def _warned(self, message):
        name = message.filename if isinstance(message.filename, str) else ""
        self.warnings.append((message.category, message.message, "" if name.startswith(HARNESS) else name.rpartition("/")[2]))

    def _logged(self, record):
        try:
            text = record.getMessage()
        except Exception as error:
            text = type(error).__name__
        raised = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
        extra = tuple([(key, value) for key, value in record.__dict__.items() if key not in _RECORD_KEYS])
        self.logs.append((record.name, record.levelno, text, raised, extra))


HARNESS = os.path.dirname(os.path.abspath(__file__)) + "/"
_RECORD_KEYS = {"name", "msg", "args", "levelname", "levelno", "pathname", "filename", "module", "exc_info", "exc_text",
                "stack_info", "lineno", "funcName", "created", "msecs", "relativeCreated", "thread", "threadName",
                "processName", "process", "taskName", "message", "asctime"}


class Replayer:
    """Calls one target again and again, each time on rebuilt arguments and restored state."""

    def __init__(self, repository, module, qualname):
        self.repository = repository
        self.module = module
        self.qualname = qualname
        self.streams = Streams()
        self.watch = Watch()
        self.random = None

    def function(self):
        """The target, found anew so that a replaced name shows."""
        found = find_function(self.module, self.qualname)
        if found is None:
            raise Unreachable("%s:%s is not found in a fresh process" % (self.module, self.qualname))
        return found

    def find(self, module, qualname):
        """The function whose defaults or attributes a locator names."""
        return find_function(module, qualname)

    def run(self, data, options):
        """The outcome of one call."""
        return self.steps([data], [options])[0]

    def steps(self, inputs, options):
        """The outcomes of calls in a row that share results, and an object where `carry` says so."""
        numbering = codec.Numbering()
        specials = transcripts.Specials()
        kept = []
        outcomes = []
        first = None
        for data, option in zip(inputs, options):
            call = Call(self, numbering, specials, option)
            if first is None or not option.get("reuse"):
                call.prepare(data, first)
            else:
                call.args, call.kwargs, call.locators, call.static = first.args, first.kwargs, first.locators, first.static
            outcomes.append(call.run(kept))
            first = first or call
            kept.append(call.result)
            if option.get("reuse"):
                for value in (*first.args, *first.kwargs.values()):
                    transcripts.mutate(value)
            if option.get("mutate"):
                for value in kept:
                    transcripts.mutate(value)
        return outcomes


class Call:
    """One call of a replay."""

    def __init__(self, replayer, numbering, specials, options):
        self.replayer = replayer
        self.numbering = numbering
        self.specials = specials
        self.options = options
        self.result = None
        self.exception = None
        self.args, self.kwargs, self.locators, self.static = (), {}, [], set()
        self.wrappers, self.built = {}, set()

    def prepare(self, data, first):
        """Builds arguments and state from an input; what `first`, the first call of a sequence, left
        goes on where the options say so."""
        decoder = Decoder(data, self.specials)
        # Numbers in the bytes count from the first object of this input.
        args, keywords, state, random = decoder.run().root
        for value in decoder.objects:
            self.numbering.add(value)
        if self.options.get("wrap"):
            self.built = {id(value) for value in decoder.objects}
            args = tuple([self._wrapped(value, 0) for value in args])
            keywords = tuple([(name, self._wrapped(value, 0)) for name, value in keywords])
        self.static = decoder.static
        self.kwargs = dict(keywords)
        carries = first is not None and self.options.get("carry") and first.args
        self.args = (first.args[0],) + args[1:] if carries else args
        self.specials.inputs = (*self.args, *self.kwargs.values())
        self.locators = [locator for locator, _ in state]
        if first is None or not self.options.get("keep_state"):
            for locator, value in state:
                _restore(locator, value, self.replayer.find)
                if locator[0] == "g":
                    self.replayer.repository.globals.put(locator[1], locator[2], value)
        if random is not None and "random" in sys.modules:
            generator = sys.modules["random"]._inst
            type(generator).__base__.setstate(generator, random[0])
            generator.gauss_next = random[1]

    def _wrapped(self, value, depth):
        """A value with its functions watched, those in containers too."""
        kind = type(value)
        if kind is types.FunctionType and id(value) not in self.specials.found:
            if id(value) not in self.wrappers:
                number = len(self.numbering.objects) + len(self.wrappers)
                self.wrappers[id(value)] = self.specials.wrap(number, value, self.options["wrap"], self.built)
            return self.wrappers[id(value)]
        if kind is types.MethodType and type(value.__func__) is types.FunctionType:
            return types.MethodType(self._wrapped(value.__func__, depth), value.__self__)
        if kind is functools.partial and type(value.func) is types.FunctionType:
            return functools.partial(self._wrapped(value.func, depth), *value.args, **value.keywords)
        if depth > 3:
            return value
        if id(value) in self.built and kind not in (list, dict):
            self._watch_members(value, kind, depth)
        if kind is list and id(value) in self.built:
            value[:] = [self._wrapped(item, depth + 1) for item in value]
        elif kind is dict and id(value) in self.built:
            value.update([(key, self._wrapped(item, depth + 1)) for key, item in value.items()])
        elif kind is tuple:
            return tuple([self._wrapped(item, depth + 1) for item in value])
        return value

    def _watch_members(self, value, kind, depth):
        """Watches the functions that an object built for this call holds."""
        layout = accessors.layout_of(kind)
        contents = layout.dictionary(value) if layout.dictionary is not None else None
        for name, member in list((contents or {}).items()):
            dict.__setitem__(contents, name, self._wrapped(member, depth + 1))
        for _, get, put in layout.slots:
            try:
                put(value, self._wrapped(get(value), depth + 1))
            except AttributeError:
                pass

    def run(self, kept):
        """Calls, and tells everything that came of it."""
        replayer = self.replayer
        function = replayer.function()
        watch = replayer.watch
        watch.follow()
        watch.warnings, watch.logs = [], []
        replayer.streams.take()
        random = capture.random_state()
        self.specials.events = []
        self.specials.encode_event = self._event
        before = _surroundings()
        limit = sys.getrecursionlimit()
        headroom = self.options.get("headroom")
        began = _now()
        try:
            if headroom:
                sys.setrecursionlimit(min(limit, _depth() + headroom))
            self.result = function(*self.args, **self.kwargs)
        except BaseException as error:  # noqa: B902 - whatever is raised is behaviour
            self.exception = error
        elapsed = _now() - began
        if headroom:
            sys.setrecursionlimit(limit)
        repository = replayer.repository
        repository.globals.static |= self.static
        outcome = capture.Outcome(list(self.numbering.objects), repository, self.specials.found, self.numbering)
        state = capture.read_state(self.locators, replayer.find)
        outcome.graph(self.result, self.exception, state, kept)
        lazy = outcome.encoder.lazy
        if lazy:
            player = transcripts.Player(outcome, self.options.get("drive", "drain"), self.options.get("after", 2))
            outcome.sections[capture.TRANSCRIPT] = player.play(lazy)
        outcome.random(random)
        self._surrounding_sections(outcome, before)
        outcome.meta["elapsed"] = elapsed
        return outcome.bytes()

    def _event(self, event):
        encoder = codec.Encoder(self.numbering, self.replayer.repository.globals, False, self.specials.found)
        encoder.encode(event)
        return encoder.take()

    def _surrounding_sections(self, outcome, before):
        watch = self.replayer.watch
        encode = self._event
        outcome.sections[capture.CALLS] = b"".join(self.specials.events)
        outcome.sections[capture.OUTPUT] = encode(self.replayer.streams.take())
        outcome.sections[capture.WARNINGS] = encode(tuple(watch.warnings))
        outcome.sections[capture.LOGS] = encode(tuple(watch.logs))
        now = _surroundings()
        changed = [name for name in now if now[name] != before[name]]
        if "environment" in changed:
            now["environment"], before["environment"] = _decoded(now["environment"]), _decoded(before["environment"])
        changed = tuple([(name, _news(now[name], before[name])) for name in changed])
        outcome.sections[capture.PROCESS] = encode(changed)
        if now["cwd"] != before["cwd"]:
            _chdir(before["cwd"])
        if type(now["environment"]) is tuple:
            os.environ.clear()
            os.environ.update(before["environment"])


def _news(now, before):
    """What is new, of a tuple that is told in parts."""
    return tuple([part for part in now if part not in before]) if type(now) is tuple and len(now) > 3 else now


def _depth():
    frame, depth = sys._getframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    return depth


def _environment():
    """A copy of the environment as it is kept, which is quicker than decoding it twice for each call."""
    kept = getattr(os.environ, "_data", None)
    return dict(kept if type(kept) is dict else os.environ)


def _decoded(environment):
    return tuple(sorted([(_fsdecode(name), _fsdecode(value)) for name, value in environment.items()]))


def _surroundings():
    threading = sys.modules.get("threading")
    return {
        "cwd": _getcwd(),
        "environment": _environment(),
        "recursion limit": sys.getrecursionlimit(),
        "garbage collector": (gc.isenabled(), gc.get_threshold(), len(gc.callbacks)),
        "tracing": (sys.gettrace() is None, sys.getprofile() is None),
        "hooks": (sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__),
        "streams": (id(sys.stdout), id(sys.stderr), id(sys.stdin)),
        "threads": len(_current_frames()) if threading is not None else 1,
    }


def _restore(locator, value, find):
    kind, module, name = locator[:3]
    if kind == "g":
        found = resolve(module, "")
        if found is None:
            raise Unreachable("module %s is not loaded" % module)
        namespace = accessors.module_dict(found)
        if value is codec.UNSET:
            namespace.pop(name, None)
        else:
            namespace[name] = _same_atom(namespace.get(name), value)
    elif kind == "c":
        cls = resolve(module, name)
        if cls is not None and accessors.type_dict(cls).get(locator[3]) is not value:
            if value is codec.UNSET:
                type.__delattr__(cls, locator[3])
            else:
                type.__setattr__(cls, locator[3], value)
    else:
        function = find(module, name)
        if function is not None:
            _restore_function(function, locator, value)


def _same_atom(live, value):
    """The live object where it is an immutable atom equal to `value`: code may ask for it by identity."""
    if type(live) is type(value) and type(live) in (str, bytes, int, float, complex) and codec.encode(live).bytes == codec.encode(value).bytes:
        return live
    return value


def _restore_function(function, locator, value):
    if locator[0] == "d":
        live = function.__defaults__ or ()
        if value[0] is not None and len(live) == len(value[0]):
            function.__defaults__ = tuple([_same_atom(*pair) for pair in zip(live, value[0])])
        else:
            function.__defaults__ = value[0]
        live = function.__kwdefaults__ or {}
        function.__kwdefaults__ = {name: _same_atom(live.get(name), one) for name, one in zip(value[1], value[2])} or None
    elif locator[0] == "a":
        kept = function.__dict__.get("__wrapped__", codec.UNSET)
        function.__dict__.clear()
        function.__dict__.update(value)
        if kept is not codec.UNSET:
            function.__dict__["__wrapped__"] = kept
    elif locator[3] in function.__code__.co_freevars:
        function.__closure__[function.__code__.co_freevars.index(locator[3])].cell_contents = value


def pack(parts):
    """Parts with their lengths before them."""
    return b"".join([struct.pack("<I", len(part)) + part for part in parts])
