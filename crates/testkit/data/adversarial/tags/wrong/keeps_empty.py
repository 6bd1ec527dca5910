# The empty tag stays if there is one.
def normalize(tags):
    return list(dict.fromkeys(tag.strip().lower() for tag in tags))
