"""Groups, joins and counts an order book with toolz."""

import random

from toolz import (
    accumulate, concat, countby, diff, frequencies, get_in, groupby, interleave, isdistinct, join, keyfilter,
    mapcat, merge, merge_sorted, merge_with, partition_all, pluck, reduceby, sliding_window, topk, unique, update_in, valmap,
)

draw = random.Random(7)
orders = [
    {"id": number, "customer": f"customer {draw.randrange(150)}", "amount": draw.randrange(1, 900), "place": {"town": draw.choice("abcdefgh")}}
    for number in range(900)
]
customers = [{"name": f"customer {number}", "level": number % 5} for number in range(150)]
digest = 0
for turn in range(25):
    groups = groupby("customer", orders)
    totals = reduceby("customer", lambda total, order: total + order["amount"], orders, 0)
    joined = list(join("name", customers, "customer", orders))
    towns = frequencies(get_in(["place", "town"], order) for order in orders)
    levels = countby(lambda pair: pair[0]["level"], joined)
    merged = merge_with(sum, *[{order["customer"]: order["amount"]} for order in orders[:200]])
    updated = [update_in(order, ["place", "town"], str.upper) for order in orders[:120]]
    names = list(unique(pluck("customer", orders)))
    windows = sum(max(window) for window in sliding_window(5, pluck("amount", orders)))
    pages = list(partition_all(40, orders))
    steps = list(accumulate(lambda one, other: one + other, pluck("amount", orders)))
    best = topk(10, orders, key="amount")
    mixed = list(interleave(pages)) + list(concat(pages)) + list(mapcat(reversed, pages))
    sorted_again = list(merge_sorted(*[sorted(pluck("amount", page)) for page in pages]))
    small = keyfilter(lambda name: name.endswith("7"), valmap(len, groups))
    together = merge(small, totals, towns, levels)
    different = len(list(diff(steps, sorted_again))) + isdistinct(names)
    digest += len(merged) + len(updated) + windows + len(best) + len(mixed) + len(together) + different
print(digest)
