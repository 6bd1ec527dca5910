"""How much memory a target keeps when it is called with many distinct arguments."""

import builtins

__builtins__ = dict(vars(builtins))

import gc
import sys
import time

from . import codec, transcripts
from .decode import Decoder

_blocks = sys.getallocatedblocks
# A busy machine makes no fewer calls; only one that waits is cut by the wall clock.
_spent = time.process_time
_now = time.perf_counter
_cache_info, _cache_clear = codec.CACHED.cache_info, codec.CACHED.cache_clear
# Results up to which a cache of the interpreter's own counts as bounded, however few calls there is time for.
MOST_CACHED = 1 << 16
# Calls that are made of a slow target too, if it does not take seconds.
LEAST = 300


def measure(replayer, inputs, options):
    """Memory blocks kept per call over the second half of many calls, each on arguments of its own."""
    function = replayer.function()
    marks = []
    total = 0
    for _ in range(2):
        done = 0
        began, wall = _spent(), _now()
        while done < options["calls"] and (_spent() - began < options["seconds"] / 2 or done < LEAST) and _now() - wall < options["seconds"] + 2:
            total += 1
            _call(function, inputs[total % len(inputs)], total)
            done += 1
        _empty_bounded_caches()
        gc.collect()
        replayer.streams.take()
        marks.append((done, _blocks()))
    (_, before), (calls, after) = marks
    return {"calls": calls, "kept": after - before}


def _empty_bounded_caches():
    """Leaves out what `functools.lru_cache` holds within a limit: that it never holds more is the interpreter's promise."""
    for value in gc.get_objects():
        if type(value) is codec.CACHED:
            info = _cache_info(value)
            if info.currsize and info.maxsize is not None and info.maxsize <= MOST_CACHED:
                _cache_clear(value)


def _call(function, data, number):
    specials = transcripts.Specials()
    args, keywords, _, _ = Decoder(data, specials).run().root
    args, keywords = vary(args, number), dict(vary(keywords, number))
    try:
        result = function(*args, **keywords)
        if hasattr(type(result), "__next__") and not hasattr(type(result), "read"):
            for _, _ in zip(range(50), result):
                pass
    except Exception:
        pass


def vary(value, number):
    """The same shape with other leaf values, different for each number."""
    kind = type(value)
    if kind is int:
        return value + 1000 + number
    if kind is float:
        return value + number / 7
    if kind is str:
        return "%s%d" % (value, number)
    if kind is bytes:
        return value + str(number).encode()
    if kind is list or kind is tuple or kind is set or kind is frozenset:
        # One leaf is enough to make it another value; all would break invariants more often.
        varied = list(value)
        if varied:
            varied[0] = vary(varied[0], number)
        return kind(varied)
    if kind is dict:
        varied = dict(value)
        for key in list(varied)[:1]:
            varied[key] = vary(varied[key], number)
        return varied
    return value
