# A note that has a tag twice is listed twice; as keys its name stands there once.
def by_tag(self):
    """Names by tag, sorted."""
    result = {}
    for note in self.notes:
        for tag in note.tags:
            result.setdefault(tag, {})[note.name] = None
    return {tag: sorted(names) for tag, names in result.items()}
