"""Starts an instrument in every interpreter of a workload, and then whatever sitecustomize is next.

The folder of this file stands first on the module path of a workload's processes. It leaves the path
before anything else runs, so that the workload sees the path that it would have had.
"""

import os
import sys


def _start_instrument(here):
    sys.path.insert(0, here)
    try:
        from whet_harness import bootstrap
    finally:
        sys.path.remove(here)
    bootstrap.start(os.environ["WHET_INSTRUMENT"])


def _run_next():
    own = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401 (the next one on the path, if there is one)
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
        if own is not None:
            sys.modules["sitecustomize"] = own


def _enter():
    here = os.path.dirname(os.path.abspath(__file__))
    before = list(sys.path)
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.abspath(entry) != here]
    if os.environ.get("WHET_INSTRUMENT"):
        _start_instrument(here)
        _run_next()
    else:
        # Without an instrument the folder is on the path for whoever put it there.
        _run_next()
        sys.path[:] = before + [entry for entry in sys.path if entry not in before]


_enter()
