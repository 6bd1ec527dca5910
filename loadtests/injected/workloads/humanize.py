"""Writes numbers, sizes and times for people with humanize."""

import datetime

import humanize

digest = 0
for number in range(1, 40_000, 97):
    size = number * number * 13
    digest += len(humanize.naturalsize(size)) + len(humanize.naturalsize(size, binary=True)) + len(humanize.naturalsize(size, gnu=True))
    digest += len(humanize.intcomma(size)) + len(humanize.intword(size * 1000)) + len(humanize.ordinal(number)) + len(humanize.apnumber(number % 12))
    digest += len(humanize.fractional(number / 8)) + len(humanize.scientific(number / 7)) + len(humanize.metric(number * 10.0, "V"))
    span = datetime.timedelta(days=number % 900, seconds=number)
    digest += len(humanize.naturaldelta(span)) + len(humanize.precisedelta(span)) + len(humanize.precisedelta(span, minimum_unit="hours"))
    digest += len(humanize.natural_list([str(number), "b", "c"])) + len(humanize.clamp(number, "{:.1f}", 5, 9000))
print(digest)
