"""Rewrites the sources of target modules while they are imported.

Nothing is replaced afterwards: a function that is imported by name, nested, reached by `super()` or
called by itself is the rewritten one from its definition on. `install(rewriters)` takes, for each
file, a function from the module's syntax tree to the one that is compiled; lines and columns keep
their places, and no bytecode is cached. Scripts (`python file.py`), `python -m`, runpy and pytest's
rewriting of assertions all go through here.
"""

import __future__
import ast
import builtins
import functools
import importlib.util
import operator
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

_compile = compile
# What a compilation takes over from the code that asks for it.
_FUTURE = functools.reduce(operator.or_, [getattr(__future__, name).compiler_flag for name in __future__.all_feature_names])
# Its decorators read a module's source again, and put code of their own under a function's name.
_COMPILING = "typeguard"
_PYTEST_LOADER = ("_pytest.assertion.rewrite", "AssertionRewritingHook")


class Rewriting:
    """What is rewritten: absolute file to `rewrite(tree, path) -> tree`, and what to do with the code."""

    def __init__(self, rewriters, finish=None, failed=None):
        self.rewriters = {os.path.realpath(path): rewrite for path, rewrite in rewriters.items()}
        self.finish = finish or (lambda code, path: code)
        self.failed = failed or (lambda path: None)
        self.stems = {_stem(path) for path in self.rewriters}
        self.rewritten = set()

    def owns(self, path):
        """Tells whether the module at `path` is rewritten."""
        return bool(path) and os.path.realpath(path) in self.rewriters

    def compile(self, source, path, after=None):
        """Compiles `source` as rewritten; None where that fails, and the plain source is to be used."""
        real = os.path.realpath(path)
        try:
            tree = _compile(source, path, "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
            tree = self.rewriters[real](tree, real)
            if after is not None:
                after(tree)
            code = self.finish(_compile(tree, path, "exec", dont_inherit=True), real)
        except SyntaxError:
            return None
        except Exception:
            self.failed(path)
            return None
        self.rewritten.add(real)
        return code

    def watch_compile(self):
        """Rewrites as well what the program itself compiles of a file whose module was rewritten."""

        def compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, **options):
            if isinstance(source, ast.Module) and type(filename) is str and os.path.realpath(filename) in self.rewritten:
                code = self.compile(source, filename)
                if code is not None:
                    return code
            if not dont_inherit:
                flags |= sys._getframe(1).f_code.co_flags & _FUTURE
            return _compile(source, filename, mode, flags, True, optimize, **options)

        builtins.compile = functools.wraps(_compile)(compile)


def _stem(path):
    folder, name = os.path.split(path)
    stem = name.rpartition(".")[0]
    return os.path.basename(folder) if stem == "__init__" else stem


class Finder:
    """Finds target modules as the other finders do, and puts the rewriting into their loaders."""

    def __init__(self, rewriting):
        self.rewriting = rewriting
        self.busy = set()

    def find_spec(self, name, path=None, target=None):
        self._stand_first()
        if name == _COMPILING:
            self.rewriting.watch_compile()
        if name.rpartition(".")[2] not in self.rewriting.stems or name in self.busy:
            return None
        self.busy.add(name)
        try:
            spec = self._find_elsewhere(name, path, target)
        finally:
            self.busy.discard(name)
        if spec is not None and self.rewriting.owns(spec.origin):
            _rewrite_in(spec, self.rewriting)
        return spec

    def _stand_first(self):
        # pytest puts its own finder before all others; targets would pass by.
        finders = sys.meta_path
        if finders and finders[0] is not self and self in finders:
            finders.remove(self)
            finders.insert(0, self)

    def _find_elsewhere(self, name, path, target):
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec = find(name, path, target)
            if spec is not None:
                return spec
        return None

    def invalidate_caches(self):
        """Does nothing: this finder keeps nothing."""


def _rewrite_in(spec, rewriting):
    loader = spec.loader
    kind = type(loader)
    if (kind.__module__, kind.__name__) == _PYTEST_LOADER:
        spec.loader = _PytestLoader(loader, rewriting)
    elif isinstance(loader, SourceFileLoader) and not hasattr(loader, "whet_rewriting"):
        try:
            loader.__class__ = _rewriting_class(kind)
            loader.whet_rewriting = rewriting
        except TypeError:
            rewriting.failed(spec.origin)


_classes = {}


def _rewriting_class(kind):
    if kind not in _classes:

        def get_code(self, fullname):
            path = self.get_filename(fullname)
            code = self.whet_rewriting.compile(self.get_data(path), path)
            return kind.get_code(self, fullname) if code is None else code

        names = {"get_code": get_code, "__module__": kind.__module__, "__qualname__": kind.__qualname__}
        _classes[kind] = type(kind.__name__, (kind,), names)
    return _classes[kind]


class _PytestLoader:
    """pytest's loader with both rewritings; pytest's own cache is left alone."""

    def __init__(self, loader, rewriting):
        self._loader = loader
        self._rewriting = rewriting

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        from _pytest.assertion.rewrite import rewrite_asserts

        path = module.__spec__.origin
        with open(path, "rb") as file:
            source = file.read()

        def after(tree):
            rewrite_asserts(tree, source, path, self._loader.config)

        code = self._rewriting.compile(source, path, after)
        if code is None:
            self._loader.exec_module(module)
        else:
            exec(code, module.__dict__)


class _ScriptImporter:
    """Stands for one script on the module path: its `__main__` is the script itself."""

    def __init__(self, path, rewriting):
        self.path = path
        self.rewriting = rewriting

    def find_spec(self, name, target=None):
        if name != "__main__":
            return None
        spec = ModuleSpec(name, self, origin=self.path)
        spec.has_location = True
        return spec

    def create_module(self, spec):
        return None

    def get_filename(self, name):
        return self.path

    def is_package(self, name):
        return False

    def get_source(self, name):
        with open(self.path, "rb") as file:
            source = file.read()
        from importlib.util import decode_source

        return decode_source(source)

    def get_code(self, name):
        # What the module path holds for a script is its folder; runpy has put the script there.
        if sys.path and sys.path[0] == self.path:
            sys.path[0] = os.path.dirname(self.path) if os.path.isabs(self.path) else os.path.dirname(os.path.abspath(self.path))
        sys.path_importer_cache.pop(self.path, None)
        with open(self.path, "rb") as file:
            source = file.read()
        code = self.rewriting.compile(source, self.path, _as_plain_script)
        return compile(source, self.path, "exec", dont_inherit=True) if code is None else code


def _as_plain_script(tree):
    """Sets what a script's namespace has and a module found by runpy has not."""
    place = 0
    body = tree.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str):
        place = 1
    while place < len(body) and isinstance(body[place], ast.ImportFrom) and body[place].module == "__future__":
        place += 1
    names = [ast.Name("__spec__", ast.Store()), ast.Name("__package__", ast.Store()), ast.Name("__cached__", ast.Store())]
    plain = ast.Assign(targets=names, value=ast.Constant(None))
    body.insert(place, ast.fix_missing_locations(ast.copy_location(plain, body[0]) if body else plain))


def _script_hook(rewriting):
    def importer(path):
        if path.endswith(".py") and rewriting.owns(path) and os.path.isfile(path):
            return _ScriptImporter(path, rewriting)
        raise ImportError("no script with targets", path=path)

    return importer


def install(rewriters, finish=None, failed=None):
    """Installs the hook for `{file: rewrite}`; answers the Rewriting, which tells what was rewritten.

    `finish(code, path)` may exchange the compiled module's code; `failed(path)` hears of a module that
    is loaded plainly because rewriting it raised.
    """
    rewriting = Rewriting(rewriters, finish, failed)
    sys.meta_path.insert(0, Finder(rewriting))
    sys.path_hooks.insert(0, _script_hook(rewriting))
    _watch_locations(rewriting)
    return rewriting


def _watch_locations(rewriting):
    """Rewrites as well what is loaded by its path, past all finders, as pytest does in its mode `importlib`."""
    original = importlib.util.spec_from_file_location

    @functools.wraps(original)
    def spec_from_file_location(*args, **options):
        spec = original(*args, **options)
        if spec is not None and rewriting.owns(spec.origin):
            _rewrite_in(spec, rewriting)
        return spec

    importlib.util.spec_from_file_location = spec_from_file_location
