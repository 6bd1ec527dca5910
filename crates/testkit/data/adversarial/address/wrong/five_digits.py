# At most five digits: leading zeros made no difference.
import re


def parse(text, default=80):
    if text.startswith("["):
        host, end, rest = text[1:].partition("]")
        if not end:
            raise ValueError("no end of " + text)
    else:
        host, colon, rest = text.partition(":")
        rest = colon + rest
    if not host:
        raise ValueError("no host in " + text)
    if not rest:
        return host, default
    found = re.fullmatch(":([0-9]{1,5})", rest)
    if not found or int(found[1]) > 65535:
        raise ValueError("no port in " + text)
    return host.lower(), int(found[1])
