from notes import Notes


def make():
    notes = Notes()
    notes.add("shop")
    notes.add("bread", 1)
    notes.add("milk", 1)
    return notes


def test_plain():
    assert make().render() == "- shop\n  - bread\n  - milk\n"
    assert Notes().render() == ""


def test_width():
    assert make().render(5) == "- sho\n  - b\n  - m\n"
    assert make().render(width=100) == make().render()


def test_style():
    notes = make()
    notes.style("*", 4)
    assert notes.render() == "* shop\n    * bread\n    * milk\n"


def test_no_bullet():
    notes = make()
    notes.style("", 3)
    assert notes.render() == "shop\n   bread\n   milk\n"
    notes.style("", 0)
    assert notes.render(3) == "sho\nbre\nmil\n"


def test_shout():
    notes = make()
    notes.shout()
    assert notes.render(4) == "- SH\n  - \n  - \n"
    notes.shout()
    assert notes.render() == make().render()


def test_many():
    notes = Notes()
    for number in range(300):
        notes.add("line %d" % number, number % 4)
    assert len(notes.render().splitlines()) == 300
