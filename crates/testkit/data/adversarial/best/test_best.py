from best import best


def size(item):
    return len(item)


def test_largest_first():
    assert best(["a", "ccc", "bb", "ddd"], 3, size) == ["ccc", "ddd", "bb"]
    assert best(["a"], 5, size) == ["a"]
    assert best([], 2, size) == [] == best(["a"], 0, size) == best(["a"], -1, size)


def test_many():
    words = ["x" * (number * 31 % 17) for number in range(60)]
    assert [len(word) for word in best(words, 9, size)] == sorted((len(word) for word in words), reverse=True)[:9]
