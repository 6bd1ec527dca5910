"""A day's work: what should be fast."""

from pricing import daily_summary, dispatch_order, match_all, parse_fields, product_code, total_tax


def main():
    rules = [{"code": f"P{number:05d}", "percent": number % 40} for number in range(900)]
    orders = [{"customer": f"customer {number % 90}", "product": f"product {number * 31 % 250}"} for number in range(1_500)]
    parcels = {"depot": [], **{f"parcel {number}": ["depot"] for number in range(7_000)}}
    labels = [f"supplier-{number}/batch_{number * 7}.unit" for number in range(8)]
    amounts = [number * 0.01 for number in range(4_000)]
    for turn in range(3):
        matched = match_all(rules, [rule["code"] for rule in rules[turn::3]])
        summary = daily_summary(orders[turn:])
        order = dispatch_order(parcels)
        codes = {product_code(label) for label in labels}
        records = parse_fields([f"name = {label}; stock = {turn}" for label in labels])
        taxes = [total_tax(amounts[start:]) for start in range(0, 4_000, 100)]
        print(len(matched), summary[0], order[-1], len(codes), len(records), round(sum(taxes), 2))


if __name__ == "__main__":
    main()
