# A dictionary is asked itself, not a list of its keys.
def by_tag(self):
    """Names by tag, sorted."""
    result = {}
    for note in self.notes:
        for tag in note.tags:
            if tag in result:
                result[tag].append(note.name)
            else:
                result[tag] = [note.name]
    for tag in result:
        result[tag].sort()
    return result
