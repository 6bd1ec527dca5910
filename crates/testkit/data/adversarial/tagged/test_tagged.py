from tagged import Note, Notebook


def test_tags():
    for size in range(1, 40):
        book = Notebook()
        for number in range(size):
            book.notes.append(Note("note %d" % (number * 7 % size), ["red", "new", "sale"][: number % 4]))
        found = book.by_tag()
        assert all(names == sorted(names) for names in found.values())
