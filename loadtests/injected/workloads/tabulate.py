"""Prints tables of several forms with tabulate."""

import random

from tabulate import tabulate

draw = random.Random(3)
words = ["spam", "eggs", "a longer description of something", "ham", "naïve", "-", "12.50", "1e5"]
rows = [[draw.choice(words), draw.randrange(10_000), draw.random() * 1000, draw.choice([None, True, "x"]), f"{draw.random():.3f}"] for _ in range(60)]
records = [{"name": row[0], "count": row[1], "price": row[2]} for row in rows]
digest = 0
for turn in range(6):
    for form in ("plain", "grid", "pipe", "html", "latex", "rst"):
        digest += len(tabulate(rows, headers=["name", "count", "price", "flag", "text"], tablefmt=form))
    digest += len(tabulate(records, headers="keys", floatfmt=".2f", showindex=True))
    digest += len(tabulate(rows, maxcolwidths=[10, None, None, None, None], tablefmt="grid"))
    digest += len(tabulate(rows, colalign=("right", "left", "decimal", "center", "left"), disable_numparse=[0]))
print(digest)
