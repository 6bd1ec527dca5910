from datetime import datetime, timedelta

import pytest

from humanize import humanize


@pytest.mark.parametrize("arguments, text", [
    ({"seconds": 5}, "5s"),
    ({"seconds": 65}, "1m 5s"),
    ({"minutes": 60}, "1h"),
    ({"hours": 25, "seconds": 1}, "1d 1h 1s"),
    ({"days": 3}, "3d"),
    ({"days": 1, "minutes": 61}, "1d 1h 1m"),
    ({}, "0s"),
    ({"milliseconds": 1500}, "1s"),
    ({"seconds": -90}, "-1m 30s"),
    ({"days": -2}, "-2d"),
    ({"weeks": 50}, "350d"),
])
def test_texts(arguments, text):
    assert humanize(timedelta(**arguments)) == text


def test_nothing():
    assert humanize(timedelta()) == "0s"
    assert humanize(timedelta(milliseconds=20)) == "0s"
    assert humanize(datetime(2024, 3, 1) - datetime(2024, 3, 1)) == "0s"


def test_difference():
    assert humanize(datetime(2024, 3, 1, 12) - datetime(2024, 2, 28, 11, 30)) == "2d 30m"
