"""Compiles the listed files, each to the place where an import of its target path looks for it."""

import importlib.util
import json
import py_compile
import sys

for source, target in json.load(open(sys.argv[1], encoding="utf-8")):
    try:
        py_compile.compile(
            source,
            cfile=importlib.util.cache_from_source(target),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    except (py_compile.PyCompileError, OSError, ValueError, RecursionError, MemoryError):
        # An import tells what is wrong with it.
        pass
