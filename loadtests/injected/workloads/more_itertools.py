"""Walks through readings with more_itertools."""

import random

from more_itertools import (
    all_equal, bucket, chunked, collapse, consecutive_groups, distinct_permutations, divide, duplicates_everseen, first_true, grouper,
    interleave_longest, intersperse, locate, longest_common_prefix, map_reduce, minmax, nth_or_last, padded, partition, peekable,
    powerset, replace, roundrobin, run_length, set_partitions, sliding_window, sort_together, spy, split_at, split_when, stagger,
    strip, substrings, unique_everseen, unique_justseen, unzip, windowed,
)

draw = random.Random(11)
readings = [draw.randrange(60) for _ in range(700)]
nested = [[value, [value + 1, [value + 2, "text"]]] for value in readings[:150]]
digest = 0
for turn in range(20):
    once = list(unique_everseen(readings)) + list(unique_everseen(readings, key=lambda value: value % 50))
    flat = list(collapse(nested))
    rows = list(chunked(readings, 7)) + list(grouper(readings, 7, fillvalue=0))
    moved = [sum(window) for window in windowed(readings, 6, fillvalue=0)] + [max(window) for window in sliding_window(readings, 4)]
    parts = list(split_at(readings, lambda value: value == 7)) + list(split_when(readings, lambda one, other: other < one))
    runs = list(run_length.encode(sorted(readings))) + list(unique_justseen(sorted(readings)))
    low, high = partition(lambda value: value > 30, readings)
    groups = map_reduce(readings, lambda value: value % 9, lambda value: value * 2, sum)
    kinds = bucket(readings, key=lambda value: value % 5)
    bound = sum(len(list(kinds[kind])) for kind in list(kinds))
    places = list(locate(readings, lambda value: value == 3)) + list(duplicates_everseen(readings))
    replaced = list(replace(readings, lambda *window: window == (3, 4), ["a"], window_size=2))
    ordered = sort_together([readings, readings[::-1]], key_list=(0,))
    pairs = list(stagger(readings, offsets=(-1, 0, 2))) + list(intersperse("|", readings, n=3))
    turns = list(roundrobin(*rows[:20])) + list(interleave_longest(*rows[:20]))
    streaks = [list(group) for group in consecutive_groups(sorted(set(readings)))]
    seen = peekable(readings)
    total = 0
    while seen:
        total += seen.peek()
        next(seen)
    prefix = len(list(longest_common_prefix([readings, list(readings)])))
    few = len(list(distinct_permutations(readings[:5]))) + len(list(set_partitions("abcde", 3))) + len(list(powerset(range(8))))
    tail = [nth_or_last(readings, 10_000), first_true(readings, pred=lambda value: value > 58), minmax(readings), all_equal(readings)]
    odd = list(strip(readings, lambda value: value < 20)) + list(padded(readings, 0, 800)) + list(substrings("a longer line of text"))
    columns = [list(column) for column in unzip(zip(readings, readings))] + [list(part) for part in divide(6, readings)]
    head, _ = spy(readings, 5)
    digest += len(once) + len(flat) + len(rows) + sum(moved) + len(parts) + len(runs) + len(list(low)) + len(list(high)) + bound
    digest += sum(groups.values()) + len(places) + len(replaced) + len(ordered) + len(pairs) + len(turns) + len(streaks) + total
    digest += prefix + few + len(tail) + len(odd) + len(columns) + len(head)
print(digest)
