from pricing import daily_summary, distinct_customers


def make_orders(count, customers, products):
    return [
        {"customer": f"customer {number * 7919 % customers}", "product": f"product {number * 31 % products}"}
        for number in range(count)
    ]


def test_customers_stand_once_in_order():
    orders = make_orders(2_000, 400, 10)
    customers = distinct_customers(orders)
    assert customers[0] == "customer 0"
    assert len(customers) == len(set(customers)) == 400


def test_no_orders_no_customers():
    assert distinct_customers([]) == []


def test_frequent_products_stand_first():
    summary = daily_summary(make_orders(5_000, 5, 300))
    assert len(summary) == 300
    assert summary[0][1] >= summary[-1][1]
    assert sum(count for _, count in summary) == 5_000


def test_equal_counts_are_ordered_by_name():
    orders = [{"customer": "c", "product": name} for name in ("pear", "apple", "pear", "apple", "fig")]
    assert daily_summary(orders) == [("apple", 2), ("pear", 2), ("fig", 1)]
