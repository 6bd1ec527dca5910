import random

import pytest

from average import moving_average


@pytest.mark.parametrize("count", [0, 1, 3, 50, 400])
@pytest.mark.parametrize("window", [1, 3, 20])
def test_as_many_means_as_windows(count, window):
    draw = random.Random(count)
    values = [draw.uniform(-5, 5) for _ in range(count)]
    assert len(moving_average(values, window)) == max(0, count - window + 1)


def test_whole_numbers():
    assert moving_average([1, 2, 3, 4], 2) == [1.5, 2.5, 3.5]
