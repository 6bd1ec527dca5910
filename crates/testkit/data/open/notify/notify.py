"""Telling listeners."""

import logging

log = logging.getLogger("notify")
delivered = 0


def notify(listeners, message):
    """Call each listener with the message; return the names of those that failed."""
    global delivered
    failed = []
    for name in list(listeners):
        try:
            listeners[name](message)
        except Exception as error:
            log.warning("listener %s failed: %s", name, error)
            failed = failed + [name]
        else:
            delivered += 1
    return failed
