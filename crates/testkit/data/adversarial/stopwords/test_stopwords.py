from stopwords import keywords

STOP = ["the", "a", "of", "in"]


def test_stop_words_in_any_case():
    assert keywords("The end of A story", STOP) == ["end", "story"]
    assert keywords("In the beginning", tuple(STOP)) == ["beginning"]
    assert keywords("", STOP) == []


def test_case_matters():
    assert keywords("The end of A story", lower=False) == ["The", "end", "of", "A", "story"]
    assert keywords("a-b-the", separator="-") == ["a", "b", "the"]


def test_no_stop_words():
    assert keywords("The end") == ["the", "end"]


def test_long():
    stop = ["w%d" % number for number in range(40)]
    text = " ".join("W%d" % (number % 60) for number in range(300))
    assert len(keywords(text, stop)) == 100
