"""Relatives of values of the standard library's own types, and of enumerations.

Nothing is imported: where such a value is, its module is. All relatives are of the value's own type.
"""

import enum
import sys

# Texts of decimals: signs of zero, places that are written and mean nothing, halves for every rounding, exponents, what is no number.
_DECIMALS = (
    "0", "-0", "0.00", "1", "-1", "1.0", "0.5", "1.5", "2.5", "-0.5", "0.05", "0.005", "1.005", "0.015", "0.1", "1E+3", "1E-9", "1E-400",
    "123456789.987654321", "1234567", "99999.995", "1E+30", "NaN", "Infinity", "-Infinity",
)
_FRACTIONS = ((0, 1), (1, 1), (-1, 1), (1, 2), (-1, 2), (3, 2), (5, 2), (-7, 2), (1, 3), (-2, 3), (7, 3), (10**30, 1), (1, 10**30))
_COMPLEX = (0j, 1j, -1j, 1 + 0j, complex(-0.0, 0.0), complex(float("nan"), 1), 1e308 + 1j)
# Days, seconds and microseconds of spans.
_SPANS = (
    (0, 0, 0), (0, 0, 1), (0, 0, -1), (0, 0, 999_999), (0, 0, 500_000), (0, 0, 1_500_000), (0, 1, -1), (0, 1, 0), (0, -1, 0), (0, 59, 0), (0, 60, 0),
    (0, 3599, 0), (0, 3600, 0), (0, 86_399, 999_999), (1, 0, 0), (-1, 0, 0), (1, 0, 1), (7, 0, 0), (30, 0, 0), (365, 0, 0), (10_000, 1, 1), (-1, 3661, 5),
)
_DAYS = (
    (2024, 2, 29), (2023, 2, 28), (2023, 3, 1), (2024, 3, 1), (2024, 12, 31), (2025, 1, 1), (2024, 12, 30), (1900, 2, 28), (2100, 3, 1), (2000, 2, 29),
    (2024, 1, 31), (2024, 4, 30), (2024, 6, 1), (2024, 6, 2), (1970, 1, 1), (1969, 12, 31), (1, 1, 1), (9999, 12, 31),
)
_TIMES = ((0, 0, 0, 0), (23, 59, 59, 999_999), (12, 0, 0, 0), (0, 0, 0, 1), (0, 0, 30, 500_000))


def maker(value, kind):
    """What makes relatives of a value, as `relatives` holds it by type; None for other types."""
    if isinstance(kind, enum.EnumMeta):
        return _of_enum
    return _MAKERS.get((kind.__module__, kind.__qualname__))


def _of_decimal(value, context):
    kind = type(value)
    if value.is_finite():
        sign, digits, exponent = value.as_tuple()
        yield "equal, written otherwise", kind((sign, digits + (0,), exponent - 1))
        if digits[-1:] == (0,) and len(digits) > 1:
            yield "equal, written otherwise", kind((sign, digits[:-1], exponent + 1))
        yield "negated", kind((1 - sign, digits, exponent))
        whole = int("".join(map(str, digits)))
        for near in (whole + 1, abs(whole - 1)):
            yield "near", kind((sign, tuple(map(int, str(near))), exponent))
        for places in (1, 3, 9):
            yield "more places", kind((sign, digits + (0,) * (places - 1) + (5,), exponent - places))
        yield "larger", kind((sign, digits, exponent + 3))
        yield "smaller", kind((sign, digits, exponent - 3))
    for number in context.numbers:
        if type(number) is int and abs(number) < 10**30:
            yield "constant", kind(number)
    for text in _DECIMALS:
        yield "edge", kind(text)


def _of_fraction(value, context):
    kind = type(value)
    yield "negated", kind(-value.numerator, value.denominator)
    yield "turned over", kind(value.denominator, value.numerator or 1)
    for number in (-1, 1):
        yield "near", kind(value.numerator + number * value.denominator, value.denominator)
    yield "more exact", kind(value.numerator * 7 + 1, value.denominator * 7)
    for number in context.numbers:
        if type(number) is int and abs(number) < 10**30:
            yield "constant", kind(number)
    for edge in _FRACTIONS:
        yield "edge", kind(*edge)


def _of_complex(value, context):
    yield "negated", -value
    yield "turned over", complex(value.imag, value.real)
    for edge in _COMPLEX:
        yield "edge", edge


def _of_span(value, context):
    kind = type(value)
    for edge in _SPANS:
        yield "edge", kind(*edge)
    for number in context.numbers:
        if type(number) is int and abs(number) < 10**6:
            yield "constant", kind(0, number)
            yield "constant of days", kind(number)
    yield "half", value / 2
    # These may be longer than a span can be.
    yield "negated", -value
    for days, seconds, microseconds in ((0, 0, 1), (0, 0, -1), (0, 1, 0), (0, -1, 0), (0, 0, 500_000), (1, 0, 0), (-1, 0, 0)):
        yield "near", value + kind(days, seconds, microseconds)
    yield "twice", value + value


def _of_date(value, context):
    yield from _moved(value)
    for year, month, day in _DAYS:
        yield "edge", value.replace(year, month, day)


def _moved(value):
    span = sys.modules["datetime"].timedelta
    for days in (1, -1, 2, 7, -7, 30, 365, -366):
        try:
            yield "near", value + span(days)
        except OverflowError:
            pass
    first = value.replace(day=1)
    yield "first of the month", first
    if value.year > 1:
        yield "last of the month before", first - span(1)
    if value.year < 9999:
        yield "last of the month", (first.replace(day=28) + span(4)).replace(day=1) - span(1)
        yield "a year later", first.replace(year=value.year + 1)


def _of_datetime(value, context):
    module = sys.modules["datetime"]
    yield from _of_date(value, context)
    yield from _of_time(value, context)
    for difference in (module.timedelta(0, 0, 1), module.timedelta(0, 1), module.timedelta(0, 3600), module.timedelta(0, 0, 500_000)):
        if 1 < value.year < 9999:
            yield "a little later", value + difference
            yield "a little earlier", value - difference


def _of_time(value, context):
    module = sys.modules["datetime"]
    for hour, minute, second, microsecond in _TIMES:
        yield "edge of the day", value.replace(hour=hour, minute=minute, second=second, microsecond=microsecond)
    yield "with microseconds", value.replace(microsecond=(value.microsecond + 1) % 1_000_000)
    if value.tzinfo is None:
        yield "with a zone", value.replace(tzinfo=module.timezone.utc)
        yield "with a zone", value.replace(tzinfo=module.timezone(module.timedelta(0, 19_800)))
    else:
        yield "without its zone", value.replace(tzinfo=None)
        yield "with another zone", value.replace(tzinfo=module.timezone(module.timedelta(0, -3600)))
    yield "the second of two", value.replace(fold=1 - value.fold)


def _of_enum(value, context):
    kind = type(value)
    for member in list(kind.__members__.values())[:12]:
        if member is not value:
            yield "another member", member
    if isinstance(value, enum.Flag):
        yield "no flag", kind(0)
        members = list(kind.__members__.values())[:8]
        for member in members:
            yield "one flag otherwise", value ^ member
        combined = kind(0)
        for member in members:
            combined |= member
        yield "all flags", combined


def _of_range(value, context):
    yield "empty", range(0)
    yield "backwards", value[::-1]
    yield "one", range(value.start, value.start + 1)
    yield "without the last", value[:-1]
    yield "from below zero", range(-3, 4)
    yield "in steps", range(value.start, value.stop, 3)


def _of_deque(value, context):
    kind, items = type(value), list(value)
    for name, changed in (("empty", []), ("first", items[:1]), ("backwards", items[::-1]), ("without the last", items[:-1]), ("each twice", items + items)):
        yield name, kind(changed, value.maxlen)
    yield "bounded", kind(items, len(items))
    yield "unbounded", kind(items)


_MAKERS = {
    ("decimal", "Decimal"): _of_decimal,
    ("fractions", "Fraction"): _of_fraction,
    ("builtins", "complex"): _of_complex,
    ("datetime", "timedelta"): _of_span,
    ("datetime", "date"): _of_date,
    ("datetime", "datetime"): _of_datetime,
    ("datetime", "time"): _of_time,
    ("builtins", "range"): _of_range,
    ("collections", "deque"): _of_deque,
}
