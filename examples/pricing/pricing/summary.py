"""What the day brought."""


def distinct_customers(orders):
    """Return the customers of the orders, each once, in the order of their first one."""
    customers = []
    for order in orders:
        if order["customer"] not in customers:
            customers.append(order["customer"])
    return customers


def daily_summary(orders):
    """Return ``(product, count)`` for each product, most frequent first, then by name."""
    products = [order["product"] for order in orders]
    counts = []
    for product in set(products):
        counts.append((product, products.count(product)))
    counts.sort(key=lambda pair: (-pair[1], pair[0]))
    return counts
