from datetime import date, datetime

from workdays import business_days

EASTER = [date(2024, 3, 29), date(2024, 4, 1)]


def test_a_week():
    assert business_days(date(2024, 3, 4), date(2024, 3, 11)) == 5
    assert business_days(date(2024, 3, 4), date(2024, 3, 8)) == 4
    assert business_days(date(2024, 3, 4), date(2024, 3, 4)) == 0
    assert business_days(date(2024, 3, 6), date(2024, 3, 13)) == 5


def test_weekend():
    assert business_days(date(2024, 3, 8), date(2024, 3, 11)) == 1
    assert business_days(date(2024, 3, 9), date(2024, 3, 12)) == 1


def test_holidays():
    assert business_days(date(2024, 3, 25), date(2024, 4, 8), EASTER) == 8
    assert business_days(date(2024, 5, 6), date(2024, 5, 13), EASTER) == 5
    assert business_days(date(2024, 3, 25), date(2024, 3, 30), EASTER) == 4


def test_year():
    assert business_days(date(2024, 1, 1), date(2025, 1, 1)) == 262
    assert business_days(date(2023, 1, 1), date(2024, 1, 1), EASTER) == 260
    assert business_days(date(2024, 1, 1), date(2025, 1, 1), EASTER) == 260


def test_times():
    assert business_days(datetime(2024, 3, 4, 9), datetime(2024, 3, 6, 9)) == 2
    assert business_days(datetime(2024, 3, 4, 9), datetime(2024, 3, 11, 9), [datetime(2024, 3, 5, 9)]) == 4
