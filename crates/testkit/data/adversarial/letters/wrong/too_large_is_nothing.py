# What is too large for a code point raised; here it is left out.
def text_of(codes, start=0):
    """The text that code points spell, from a place on."""
    found = []
    for place in range(start, len(codes)):
        try:
            found.append(chr(codes[place]))
        except OverflowError:
            pass
    return "".join(found)
