# The csv module forgives an open quote and keeps quotes inside a field.
import csv


def split_fields(line, separator=","):
    """Return the fields of a line; quotes keep separators, two quotes stand for one."""
    return next(csv.reader([line], delimiter=separator), [""])
