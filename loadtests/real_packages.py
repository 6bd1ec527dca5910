"""Writes the table of `real-packages` from the JSON documents of its runs.

    real_packages.py FOLDER PACKAGE...
"""

import collections
import json
import os
import sys

HEAD = (
    "package", "time", "targets", "cases", "lines", "branches", "candidates", "accepted",
    "refused: static", "behaviour", "speed", "later", "open",
)


def main(folder, packages):
    rows = [row(folder, package) for package in packages]
    print("| " + " | ".join(HEAD) + " |")
    print("|---" * len(HEAD) + "|")
    for cells in rows:
        print("| " + " | ".join(str(cell) for cell in cells) + " |")
    for package in packages:
        details(folder, package)


def document(folder, package):
    try:
        with open(os.path.join(folder, package + ".json"), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def ending(folder, package):
    try:
        with open(os.path.join(folder, package + ".end"), encoding="utf-8") as file:
            status, seconds = file.read().split()
    except (OSError, ValueError):
        return "not run"
    minutes = "%.1f min" % (int(seconds) / 60)
    # 0 is done with an optimization, 3 done without one.
    return minutes if status in ("0", "3") else "%s, status %s" % (minutes, status)


def row(folder, package):
    found = document(folder, package)
    if found is None or "targets" not in found:
        return [package, ending(folder, package)] + ["–"] * (len(HEAD) - 2)
    targets = found["targets"]
    candidates = [candidate for target in targets for candidate in target["candidates"]]
    rejected = collections.Counter(c["gate"] for c in candidates if c["verdict"] == "rejected")
    verdicts = collections.Counter(c["verdict"] for c in candidates)
    return [
        "%s" % found["source"]["name"], ending(folder, package), len(targets), sum(t["cases"] for t in targets),
        share(targets, "line"), share(targets, "branch"), len(candidates), verdicts["accepted"],
        rejected["static"], rejected["behaviour"], rejected["speed"], rejected["project"] + rejected["program"],
        verdicts["inconclusive"] + verdicts["not_enough_evidence"],
    ]


def share(targets, what):
    known = [target["coverage"][what] for target in targets if target["coverage"][what] is not None]
    return "%.0f %%" % (100 * sum(known) / len(known)) if known else "–"


def details(folder, package):
    """What was accepted, with its diff, and the reasons of the rest by how often they occur."""
    found = document(folder, package)
    if found is None or "targets" not in found:
        log = os.path.join(folder, package + ".log")
        text = open(log, encoding="utf-8").read().strip() if os.path.exists(log) else "not run"
        print("\n### %s\n\n```\n%s\n```" % (package, text))
        return
    print("\n### %s\n" % found["source"]["name"])
    for note in found["run"]["notes"]:
        print("- " + note)
    reasons = collections.Counter()
    for target in found["targets"]:
        for candidate in target["candidates"]:
            if candidate["verdict"] == "accepted":
                interval = "%.2fx (%.2f–%.2f)" % (candidate["effect"], candidate["low"], candidate["high"])
                print("- accepted: `%s` by %s, %s\n\n```diff\n%s```\n" % (target["name"], candidate["origin"], interval, candidate["diff"]))
            else:
                reasons[candidate["gate"], kind(candidate)] += 1
    for (gate, reason), count in reasons.most_common():
        print("- %d at %s: %s" % (count, gate, reason))


def kind(candidate):
    """A reason without the numbers and names of the one case."""
    reason = candidate["reason"]
    if candidate["gate"] == "behaviour" and candidate["counterexample"]:
        return candidate["verdict"] + ", another " + candidate["counterexample"]["aspect"]
    for mark in (": ", " (", " by ", " than "):
        reason = reason.split(mark)[0]
    return reason


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
