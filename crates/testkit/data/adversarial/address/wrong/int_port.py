# int reads blanks, signs and underscores, too.
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
    if rest[0] != ":":
        raise ValueError("no port in " + text)
    try:
        port = int(rest[1:])
    except ValueError:
        raise ValueError("no port in " + text) from None
    if not 0 <= port <= 65535:
        raise ValueError("no port in " + text)
    return host.lower(), port
