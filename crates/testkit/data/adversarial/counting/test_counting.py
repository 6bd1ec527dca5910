from counting import count_words


def test_counts():
    assert count_words(["B", "a", "b", "c", "A", "b"]) == {"b": 3, "a": 2, "c": 1}
    assert list(count_words(["z", "y", "Z"])) == ["z", "y"]
    assert count_words([]) == {}


def test_ignored():
    assert count_words(["the", "cat", "The", "hat"], ["the", "a"]) == {"cat": 1, "hat": 1}


def test_many():
    words = ["w%d" % (number * 7 % 83) for number in range(600)]
    assert sum(count_words(words, ["w1", "w2"]).values()) < 600
