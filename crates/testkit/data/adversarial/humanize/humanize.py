"""Spans of time for people."""

from datetime import timedelta

UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)), ("s", timedelta(seconds=1)))


def humanize(delta):
    """Return a span as ``1d 2h 3m 4s``, without what is nothing."""
    sign = ""
    if delta < timedelta(0):
        sign = "-"
        delta = -delta
    parts = []
    for name, unit in UNITS:
        count = 0
        while delta >= unit:
            delta = delta - unit
            count = count + 1
        if count > 0:
            parts = parts + [str(count) + name]
    if not parts:
        return sign + "0s"
    return sign + " ".join(parts)
