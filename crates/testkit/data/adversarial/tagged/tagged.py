"""Notes and their tags."""


class Note:
    def __init__(self, name, tags):
        self.name = name
        self.tags = list(tags)


class Notebook:
    def __init__(self):
        self.notes = []

    def by_tag(self):
        """Names by tag, sorted."""
        result = {}
        for note in self.notes:
            for tag in note.tags:
                if tag not in [known for known in result]:
                    result[tag] = []
                result[tag].append(note.name)
        for tag in result:
            result[tag] = sorted(result[tag])
        return result
