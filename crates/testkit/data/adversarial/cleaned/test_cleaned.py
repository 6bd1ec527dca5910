from cleaned import numbers


def test_numbers():
    assert numbers(["1", 2, "x", None]) == [1.0, 2.0]
    for size in range(100):
        assert len(numbers([str(number * 0.5) for number in range(size)])) == size
