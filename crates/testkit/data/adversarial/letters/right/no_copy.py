# A place far below zero is too large for an index as it was for the list of places: another error of the interpreter's.
def text_of(codes, start=0):
    """The text that code points spell, from a place on."""
    return "".join([chr(codes[place]) for place in range(start, len(codes))])
