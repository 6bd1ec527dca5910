"""Addresses of hosts."""


def parse(text, default=80):
    """Return host and port of ``host:port``; ``[v6]:port`` keeps the colons inside. A port has digits only and is below 65536."""
    host = ""
    place = 0
    if text.startswith("["):
        while place < len(text) and text[place] != "]":
            place = place + 1
        if place == len(text):
            raise ValueError("no end of " + text)
        host = text[1:place]
        place = place + 1
    else:
        while place < len(text) and text[place] != ":":
            host = host + text[place]
            place = place + 1
    if host == "":
        raise ValueError("no host in " + text)
    if place == len(text):
        return host, default
    if text[place] != ":":
        raise ValueError("no port in " + text)
    port = 0
    count = 0
    for character in text[place + 1:]:
        if character not in "0123456789":
            raise ValueError("no port in " + text)
        port = port * 10 + "0123456789".index(character)
        count = count + 1
    if count == 0 or port > 65535:
        raise ValueError("no port in " + text)
    return host.lower(), port
