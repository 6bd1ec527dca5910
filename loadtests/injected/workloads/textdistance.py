"""Compares names with textdistance's own implementations."""

import random

import textdistance

draw = random.Random(5)
names = ["".join(draw.choice("abcdeflmnorst") for _ in range(draw.randrange(5, 14))) for _ in range(26)]
measures = [
    textdistance.Levenshtein(external=False), textdistance.DamerauLevenshtein(external=False), textdistance.Hamming(external=False),
    textdistance.Jaro(external=False), textdistance.JaroWinkler(external=False), textdistance.StrCmp95(external=False),
    textdistance.NeedlemanWunsch(external=False), textdistance.SmithWaterman(external=False), textdistance.Gotoh(external=False),
    textdistance.MLIPNS(external=False), textdistance.Jaccard(external=False), textdistance.Sorensen(external=False),
    textdistance.Tversky(external=False), textdistance.Overlap(external=False), textdistance.Cosine(external=False),
    textdistance.Bag(external=False), textdistance.LCSSeq(external=False), textdistance.LCSStr(external=False),
    textdistance.RatcliffObershelp(external=False), textdistance.MRA(external=False), textdistance.Editex(external=False),
    textdistance.Prefix(), textdistance.Postfix(), textdistance.EntropyNCD(),
]
digest = 0.0
for measure in measures:
    for index, name in enumerate(names[:-1]):
        digest += measure.distance(name, names[index + 1])
        digest += measure.normalized_similarity(names[index + 1], name)
print(round(digest, 6))
