from limits import Limits


def test_moved():
    assert Limits(2, 8).keep([1, 2, 5, 8, 11]) == ["2 mm", "2 mm", "5 mm", "8 mm", "8 mm"]
    assert Limits(0, 1, "V").keep([]) == []
    assert Limits(-5, 5, "K").keep([-9, 0, 9]) == ["-5 K", "0 K", "5 K"]


def test_left_out():
    assert Limits(2, 8, drop=True).keep([1, 2, 5, 8, 11]) == ["2 mm", "5 mm", "8 mm"]


def test_many():
    for upper in (50, 60, 70):
        assert len(Limits(10, upper, "cm").keep([number % 97 for number in range(300)])) == 300
