from datetime import date, datetime

import pytest

from months import add_months


@pytest.mark.parametrize("day, months, found", [
    (date(2024, 1, 31), 1, date(2024, 2, 29)),
    (date(2023, 1, 31), 1, date(2023, 2, 28)),
    (date(2024, 1, 15), 0, date(2024, 1, 15)),
    (date(2024, 11, 5), 3, date(2025, 2, 5)),
    (date(2024, 3, 31), -1, date(2024, 2, 29)),
    (date(2024, 1, 10), -2, date(2023, 11, 10)),
    (date(2024, 5, 31), 24, date(2026, 5, 31)),
    (date(2024, 2, 29), 12, date(2025, 2, 28)),
    (date(1999, 12, 31), 2, date(2000, 2, 29)),
    (date(2024, 8, 31), 13, date(2025, 9, 30)),
])
def test_months(day, months, found):
    assert add_months(day, months) == found


def test_time_stays():
    assert add_months(datetime(2024, 1, 31, 12, 30), 1) == datetime(2024, 2, 29, 12, 30)
