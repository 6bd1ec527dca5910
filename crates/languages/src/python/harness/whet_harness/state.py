"""The state of the process that calls may leave changed: settings, hooks, other modules' attributes."""

import builtins

__builtins__ = dict(vars(builtins))

import gc
import os
import signal
import sys
import threading
import types

from . import accessors, codec

_WATCHED = ("stdin", "stdout", "stderr", "__stdout__", "__stderr__", "excepthook", "displayhook", "unraisablehook", "breakpointhook",
            "path", "path_hooks", "meta_path", "argv", "dont_write_bytecode", "modules", "tracebacklimit", "ps1", "exit", "intern",
            "getsizeof", "getrefcount", "setrecursionlimit", "settrace", "setprofile", "exc_info", "_getframe")
_getters = {name: getattr(sys, name) for name in ("getrecursionlimit", "getswitchinterval", "gettrace", "getprofile")}
_signals = [number for number in range(1, 65) if number not in (9, 19, 32, 33)]


def _timer(kind):
    """Whether a timer runs, and how often it repeats."""
    left, interval = signal.getitimer(kind)
    return left > 0, interval


class Baselines:
    """What the process was like before the repository's code loaded; `changes` tells what differs now."""

    def __init__(self, repository):
        self.repository = repository
        self.modules = {}
        self.settings = {}

    def take(self):
        """Notes the state now; called before the repository's code loads."""
        self.settings = self._settings()
        for name, module in list(sys.modules.items()):
            self.notice(name, module)

    def notice(self, name, module):
        """Notes what a module outside the repository holds."""
        if type(module) is types.ModuleType and name not in self.modules and not self._own(module):
            members = dict(accessors.module_dict(module))
            classes = {}
            for key, value in members.items():
                if accessors.type_flags(type(value)) & accessors.TYPE and not accessors.is_fixed(value):
                    classes[key] = (value, dict(accessors.type_dict(value)))
            self.modules[name] = (module, members, classes)

    def _own(self, module):
        return self.repository.holds(accessors.module_dict(module).get("__file__")) or module.__name__ == "__main__"

    def notice_new(self):
        """Notes modules that were loaded since, as they are after loading."""
        for name, module in list(sys.modules.items()):
            self.notice(name, module)

    def _settings(self):
        return {
            "recursion limit": _getters["getrecursionlimit"](),
            "switch interval": _getters["getswitchinterval"](),
            "trace": _getters["gettrace"]() is not None,
            "profile": _getters["getprofile"]() is not None,
            "thread hooks": (threading._trace_hook is not None, threading._profile_hook is not None),
            "garbage collector": (gc.isenabled(), gc.get_threshold(), len(gc.callbacks), gc.get_debug(), gc.get_freeze_count() > 0),
            "signals": tuple([_handler_name(number) for number in _signals]),
            "timers": tuple([_timer(kind) for kind in (0, 1, 2)]),
            "threads": tuple(sorted([type(thread).__name__ for thread in threading.enumerate()])),
            "thread count": len(sys._current_frames()),
            "cwd": os.getcwd(),
            "umask": _umask(),
            "environment": tuple(sorted(os.environ.items())),
            "priority": (os.getpriority(os.PRIO_PROCESS, 0), tuple(sorted(os.sched_getaffinity(0)))),
            "descriptors": _descriptors(),
            "children": _children(),
            "path": (tuple(sys.path), len(sys.meta_path), len(sys.path_hooks)),
            "hooks": tuple([id(getattr(sys, name, None)) for name in _WATCHED]),
            "warnings": _warning_filters(),
        }

    def changes(self):
        """What differs from the noted state: tuples of a name and what it is now."""
        found = []
        now = self._settings()
        for name in now:
            if now[name] != self.settings.get(name):
                found.append((name, now[name] if name not in ("hooks", "descriptors") else "changed"))
        found += self._module_changes()
        found += self._decimal()
        return found

    def _module_changes(self):
        found = []
        for name, (module, members, classes) in sorted(self.modules.items()):
            if sys.modules.get(name) is not module:
                found.append(("module", name))
                continue
            if name in _RESTLESS:
                continue
            current = accessors.module_dict(module)
            changed = [key for key, value in members.items() if key not in current or current[key] is not value]
            changed += [key for key in current if key not in members]
            for key in sorted(changed):
                value = current.get(key)
                quiet = (name, key) in _LAZY_NAMES or _is_submodule(value) or key.startswith("__") and key.endswith("cache__") \
                    or _is_plain_number(value) and _is_plain_number(members.get(key))
                if not quiet:
                    found.append(("attribute", name + "." + key))
            for key, (cls, contents) in classes.items():
                now = accessors.type_dict(cls)
                for attribute in sorted(set(contents) | set(now)):
                    if contents.get(attribute, _NONE) is not now.get(attribute, _NONE) and not attribute.startswith(("_abc_", "__")):
                        found.append(("class", name + "." + key + "." + attribute))
        return found

    def _decimal(self):
        decimal = sys.modules.get("decimal")
        if decimal is None:
            return []
        context = decimal.getcontext()
        standard = decimal.DefaultContext
        if (context.prec, context.rounding, context.Emin, context.Emax, context.capitals, context.clamp) != (
                standard.prec, standard.rounding, standard.Emin, standard.Emax, standard.capitals, standard.clamp):
            return [("decimal context", (context.prec, str(context.rounding)))]
        return []


_NONE = object()
_RESTLESS = {"random", "whet_harness", "linecache", "tokenize", "sre_parse", "site", "zipimport", "importlib._bootstrap",
             "importlib._bootstrap_external", "_frozen_importlib", "_frozen_importlib_external"}
_LAZY_NAMES = {("warnings", "onceregistry"), ("warnings", "_filters_version"), ("sys", "last_exc"), ("sys", "flags"),
               ("logging", "_warn_preinit_stderr"), ("threading", "_active"), ("threading", "_limbo"), ("threading", "_dangling"),
               ("builtins", "_"), ("re", "_last"), ("os", "environ")}


def _is_submodule(value):
    return type(value) is types.ModuleType


def _is_plain_number(value):
    return type(value) is int or type(value) is float


def _handler_name(number):
    handler = signal.getsignal(number)
    return getattr(handler, "name", None) or ("none" if handler is None else "handler of " + type(handler).__name__)


def _umask():
    mask = os.umask(0o22)
    os.umask(mask)
    return mask


def _descriptors():
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            found.append((int(name), os.readlink("/proc/self/fd/" + name).split(":")[0]))
        except OSError:
            pass
    return tuple(sorted([(number, kind) for number, kind in found if not kind.startswith("/proc")]))


def _children():
    try:
        with open("/proc/self/task/%d/children" % os.getpid()) as file:
            return len(file.read().split())
    except OSError:
        return 0


def _warning_filters():
    warnings = sys.modules.get("warnings")
    return tuple([(entry[0], entry[2].__name__, entry[4]) for entry in warnings.filters]) if warnings else ()


def encode_changes(changes):
    """The canonical bytes of changes, and of nothing else."""
    return codec.encode(tuple(changes)).bytes
