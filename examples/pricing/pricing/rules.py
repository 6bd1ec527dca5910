"""Discount rules and the products that they apply to."""


class Rule:
    """A discount for every product whose code is listed."""

    def __init__(self, name, code, percent):
        self.name = name
        self.code = code
        self.percent = percent

    def __repr__(self):
        return f"Rule({self.name!r}, {self.code!r}, {self.percent!r})"


def match_all(rules, codes):
    """Return the rules whose code stands in the list of codes, in the order of the rules."""
    matched = []
    for rule in rules:
        if rule.code in codes:
            matched.append(rule)
    return matched


def best_percent(rules, codes):
    """Return the highest discount that applies, or 0."""
    percents = [rule.percent for rule in match_all(rules, codes)]
    return max(percents, default=0)
