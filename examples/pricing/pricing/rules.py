"""Discount rules and the products that they apply to."""


def match_all(rules, codes):
    """Return the rules whose code stands in the list of codes, in the order of the rules."""
    matched = []
    for rule in rules:
        code = rule["code"]
        if code in codes:
            matched.append(rule)
    return matched


def best_percent(rules, codes):
    """Return the highest discount that applies, or 0."""
    percents = [rule["percent"] for rule in match_all(rules, codes)]
    return max(percents, default=0)
