from worth import Shelf


def test_value():
    for size in range(1, 60):
        shelf = Shelf()
        for number in range(size):
            shelf.put(number * 0.37 + 0.1, number % 7)
        assert shelf.value >= 0
