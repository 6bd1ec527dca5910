"""The worker: one process of one side, that answers the runner's requests one at a time.

Started by `main(requests, answers)` with the descriptors of two pipes. A frame is a little-endian length of what follows, one byte (operation, or 0 for an answer and 1 for an error), and
the payload. The module's own names are taken away before the repository's code loads.
"""

import builtins

__builtins__ = dict(vars(builtins))

import io
import json
import os
import struct
import sys
import types

from . import accessors, capture, challenge, codec, plain, replay, state

LOAD, CALL, SEQUENCE, CHALLENGE, DESCRIBE, STATE, BRANCHES, GENERATE, MEMORY, SOLVE, ALLOW = range(1, 12)
_read, _write, _exit = os.read, os.write, os._exit
_length = struct.Struct("<I")


class Refused(Exception):
    """A request that can't be carried out; its text is the answer."""


class Worker:
    """Everything that a worker keeps between requests."""

    def __init__(self, requests, answers):
        self.requests = requests
        self.answers = answers
        self.repository = None
        self.replayer = None
        self.baselines = None
        self.branches = None
        self.timing = None
        self.handlers = {LOAD: self.load, CALL: self.call, SEQUENCE: self.sequence, CHALLENGE: self.challenge,
                         DESCRIBE: self.describe, STATE: self.state, BRANCHES: self.reach, GENERATE: self.generate,
                         MEMORY: self.memory, SOLVE: self.solve, ALLOW: self.allow}

    def serve(self):
        """Answers until the runner hangs up."""
        while True:
            head = self._exactly(5)
            if head is None:
                return
            payload = self._exactly(_length.unpack(head[:4])[0] - 1) or b""
            try:
                self._send(0, self.answer(head[4], payload))
            except Exception as error:  # noqa: B902 - the runner is told, whatever it is
                self._send(1, ("%s: %s" % (type(error).__name__, error)).encode("utf-8", "replace"))

    def answer(self, operation, payload):
        """The answer's bytes to one request."""
        if operation >= 16:
            if self.timing is None:
                self.timing = _part("timing").handlers(self)
            return self.timing[operation](payload)
        handler = self.handlers.get(operation)
        if handler is None:
            raise Refused("unknown operation %d" % operation)
        return handler(payload)

    def _exactly(self, count):
        parts = []
        while count:
            part = _read(self.requests, min(count, 1 << 20))
            if not part:
                return None
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _send(self, kind, payload):
        data = memoryview(_length.pack(len(payload) + 1) + bytes([kind]) + payload)
        while data:
            data = data[_write(self.answers, data):]

    def load(self, payload):
        """Loads the target's module and proves whose file it is."""
        request = json.loads(payload)
        target = request["target"]
        module, qualname = target["name"].rsplit(":", 1)
        tree = request["tree"].rstrip("/")
        self.repository = capture.Repository([tree])
        self.baselines = state.Baselines(self.repository)
        self._prepare(request)
        __import__(module)
        _import_named(request.get("named", ()))
        path = os.path.join(tree, target["file"])
        with io.open(path, "rb") as file:
            digest = accessors.sha256(file.read()).hexdigest()
        self.replayer.function()
        self._prove(sys.modules[module], qualname, path, digest, request)
        self.repository.globals.scan(self.repository.modules(), force=True)
        self.replayer.watch.follow()
        self.baselines.notice_new()
        return json.dumps({"file": path, "sha256": digest, "changes": self._changes()}).encode()

    def _prepare(self, request):
        replayer = self.replayer = replay.Replayer(self.repository, *request["target"]["name"].rsplit(":", 1))
        replayer.watch.install()
        for name in request.get("preload", ()):
            __import__(name)
        harness = os.path.dirname(replay.HARNESS.rstrip("/"))
        sys.path[:] = request["paths"] + [path for path in sys.path if path not in ("", harness)]
        os.environ["PYTHONPATH"] = os.pathsep.join(request["paths"])
        _hide()
        self.baselines.take()

    def _prove(self, module, qualname, path, digest, request):
        function = self.replayer.function()
        real = os.path.realpath
        for file in (accessors.module_dict(module).get("__file__"), function.__code__.co_filename):
            if not file or real(file) != real(path):
                raise Refused("the target is loaded from %s, not from %s" % (file, path))
        if request.get("sha256") and digest != request["sha256"]:
            raise Refused("the target's file has digest %s, expected %s" % (digest, request["sha256"]))

    def _changes(self):
        return [[str(part) for part in change] for change in self.baselines.changes()]

    def call(self, payload):
        """The outcome of one case: options as JSON, then the input."""
        options, data = split(payload)
        return self.replayer.run(data[0], options)

    def sequence(self, payload):
        """The outcomes of several cases in a row in one graph."""
        options, inputs = split(payload)
        return replay.pack(self.replayer.steps(inputs, options))

    def challenge(self, payload):
        """The encoding of a value that only the runner and this request know."""
        return codec.encode(challenge.value(int.from_bytes(payload, "little"))).bytes

    def state(self, payload):
        """What the process and the repository's modules have become."""
        changes = self.baselines.changes()
        return codec.encode((tuple(changes), self._module_data())).bytes

    def _module_data(self):
        """Digests of the data of the repository's modules, classes and functions, deeply."""
        found = []
        for module in self.repository.modules():
            name = accessors.ALIASES.get(module.__name__, module.__name__)
            self._namespace(name, accessors.module_dict(module), name, found)
        return tuple(found)

    def _namespace(self, name, namespace, module, found):
        for key, value in sorted([entry for entry in namespace.items() if type(entry[0]) is str]):
            kind = type(value)
            if key.startswith("__") and key.endswith("__") or kind in _ACCESSORS:
                continue
            if kind is staticmethod or kind is classmethod:
                value = value.__func__
                kind = type(value)
            if accessors.type_flags(kind) & accessors.TYPE:
                if accessors.type_module(value) == module and not accessors.is_fixed(value):
                    self._namespace(name + "." + key, accessors.type_dict(value), module, found)
            elif kind is types.FunctionType:
                if value.__module__ == module:
                    found.append((name, key + " (function)", _digest((value.__dict__, value.__defaults__, value.__kwdefaults__))))
                    if value.__closure__:
                        found.append((name, key + " (closure)", _digest(tuple([_content(cell) for cell in value.__closure__]))))
            elif kind.__name__ == "_lru_cache_wrapper" and accessors.is_fixed(kind):
                # How often a helper's cache is asked is no behaviour; that there is a new one is told.
                found.append((name, key + " (cache)", repr(kind.cache_info(value)).encode()))
            elif id(kind) not in codec.NEVER_DATA:
                found.append((name, key, _digest(value)))

    def reach(self, payload):
        """Watches branches of the target and of functions of its file on given lines."""
        request = json.loads(payload) if payload[:1] == b"{" else {"do": bytes(payload).decode()}
        if request["do"] == "on":
            if self.branches is None:
                self.branches = _part("branches").Branches(self._codes(set(request.get("lines", ()))))
            self.branches.on()
        elif request["do"] == "off":
            self.branches.off()
        else:
            return json.dumps(self.branches.summary()).encode()
        return b"{}"

    def _codes(self, lines):
        """The target's code, and that of other functions of its file that stand on one of `lines`."""
        target = self.replayer.function()
        codes = [target.__code__]
        pending = [target.__globals__]
        while pending:
            for value in list(pending.pop().values()):
                value = value.__func__ if type(value) in (staticmethod, classmethod) else value
                kind = type(value)
                if accessors.type_flags(kind) & accessors.TYPE and accessors.type_module(value) == self.replayer.module:
                    pending.append(accessors.type_dict(value))
                code = value.__code__ if kind is types.FunctionType else None
                if code is not None and code not in codes and code.co_filename == codes[0].co_filename:
                    own = {line for _, _, line in code.co_lines()} if hasattr(code, "co_lines") else {code.co_firstlineno}
                    if own & lines:
                        codes.append(code)
        return codes

    def generate(self, payload):
        """Inputs related to recorded ones (generate.py)."""
        options, inputs = split(payload)
        return _part("generate").generate(self, options, inputs)

    def describe(self, payload):
        """The shapes of recorded arguments (shapes.py), without those that can't be made."""
        _, inputs = split(payload)
        return json.dumps(_part("generate").form_of(self, inputs).described()).encode()

    def allow(self, payload):
        """Which inputs no annotation excludes (annotated.py), by their places behind so many `recorded` ones."""
        options, inputs = split(payload)
        return json.dumps(_part("annotated").allowed(self.replayer.function(), inputs, options["recorded"])).encode()

    def solve(self, payload):
        """Inputs on which a candidate may part from this side (solver.py)."""
        options, inputs = split(payload)
        return _part("solver").answer(self, options, inputs)

    def memory(self, payload):
        """Memory blocks kept by many calls on distinct arguments."""
        options, inputs = split(payload)
        return json.dumps(_part("retained").measure(self.replayer, inputs, options)).encode()


_ACCESSORS = (types.MemberDescriptorType, types.GetSetDescriptorType, property)


# Of these nothing can change.
_UNCHANGING = {"_struct.Struct", "builtins.mappingproxy"}


def _content(cell):
    """What a closure's cell holds; the same for all that hold nothing yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return codec.UNSET


def _digest(value):
    """Of all that can be seen of a value; of one that may change unseen the word `hidden` and what it is."""
    encoder = codec.Encoder(None, None, False, None, 400_000)
    try:
        encoder.encode(value)
    except codec.Opaque as error:
        return b"hidden " + str(error).encode()
    unseen = [name for name in encoder.opaque if name not in _UNCHANGING]
    # A function's own data are told where it stands; what it closes over is not.
    unseen += [accessors.type_name(type(one)) for one in encoder.lazy if type(one) is not types.FunctionType or one.__closure__]
    if unseen:
        return b"hidden " + unseen[0].encode()
    return accessors.sha256(encoder.take()).digest()


def _import_named(names):
    """Imports what inputs will name, so that no call is charged with it; who fails now fails when it is built."""
    for name in names:
        try:
            __import__(name)
        except Exception:
            pass


def split(payload):
    """JSON, then inputs, each behind its length."""
    parts = []
    at = 0
    view = memoryview(payload)
    while at < len(payload):
        (length,) = _length.unpack_from(payload, at)
        parts.append(bytes(view[at + 4:at + 4 + length]))
        at += 4 + length
    return json.loads(parts[0]), parts[1:]


_KEPT = {}


def _take_away():
    # Inputs name the classes of `plain`, so that module stays.
    for name in [name for name in sys.modules if name.partition(".")[0] == "whet_harness" and name != plain.__name__]:
        _KEPT[name] = sys.modules.pop(name)


def _hide():
    """Takes the harness out of the module table and the environment."""
    _take_away()
    sys.modules["__main__"] = types.ModuleType("__main__")
    for name in list(os.environ):
        if name.startswith("WHET_"):
            del os.environ[name]


def _part(name):
    """A part of the harness that only some workers need, imported while the others are back in place."""
    found = _KEPT.get("whet_harness." + name)
    if found is not None or not _KEPT:
        return found or __import__("whet_harness." + name, fromlist=[name])
    sys.modules.update(_KEPT)
    bytecode, sys.path[:0] = sys.path[:], [os.path.dirname(replay.HARNESS.rstrip("/"))]
    try:
        return __import__("whet_harness." + name, fromlist=[name])
    finally:
        sys.path[:] = bytecode
        _take_away()


def main(requests, answers):
    """Serves on two descriptors until the runner hangs up, then leaves without more ado."""
    output, errors = os.memfd_create("out"), os.memfd_create("err")
    os.dup2(output, 1)
    os.dup2(errors, 2)
    os.close(output)
    os.close(errors)
    sys.stdout = io.open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = io.open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.dont_write_bytecode = True
    Worker(requests, answers).serve()
    _exit(0)
