"""Tags of articles."""


def normalize(tags):
    """Return the tags in lower case without blanks around them, each once, in order of first use."""
    result = []
    for tag in tags:
        clean = tag.strip().lower()
        if clean and clean not in result:
            result.append(clean)
    return result
