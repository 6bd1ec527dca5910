# The host by find; the port digit by digit as before.
def parse(text, default=80):
    if text.startswith("["):
        place = text.find("]")
        if place < 0:
            raise ValueError("no end of " + text)
        host = text[1:place]
        place += 1
    else:
        place = text.find(":")
        if place < 0:
            place = len(text)
        host = text[:place]
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
        count += 1
    if count == 0 or port > 65535:
        raise ValueError("no port in " + text)
    return host.lower(), port
