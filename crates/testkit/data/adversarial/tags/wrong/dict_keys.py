# A view of a dict is no list.
def normalize(tags):
    found = dict.fromkeys(tag.strip().lower() for tag in tags)
    found.pop("", None)
    return found.keys()
