# So does a dict.
def distinct(values):
    return list(dict.fromkeys(values))
