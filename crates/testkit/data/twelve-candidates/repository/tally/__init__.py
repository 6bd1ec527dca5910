"""Counts the fields of log lines."""

from .fields import field_counts

__all__ = ["field_counts"]
