# Lower case also where there is no port.
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
    host = host.lower()
    if not rest:
        return host, default
    digits = rest[1:]
    if rest[0] != ":" or not (digits.isascii() and digits.isdecimal()) or len(digits) > 4000 or int(digits) > 65535:
        raise ValueError("no port in " + text)
    return host, int(digits)
