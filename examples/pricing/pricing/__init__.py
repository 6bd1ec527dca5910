"""Prices orders: discount rules, taxes, dispatch order and a daily summary."""

from pricing.dispatch import dispatch_order
from pricing.rules import match_all
from pricing.summary import daily_summary, distinct_customers
from pricing.tax import total_tax
from pricing.text import parse_fields, product_code

__all__ = [
    "daily_summary",
    "dispatch_order",
    "distinct_customers",
    "match_all",
    "parse_fields",
    "product_code",
    "total_tax",
]
