"""Points with weights."""

from dataclasses import dataclass, field


@dataclass
class Point:
    """A point of a plane."""

    x: float
    y: float
    weight: float = 1.0
    tags: list = field(default_factory=list)


def centre(points, default=None):
    """Return the point in the middle of all, with the tags of all; `default` if there is none."""
    total = 0.0
    x = 0.0
    y = 0.0
    tags = []
    for point in points:
        total = total + point.weight
        x = x + point.x * point.weight
        y = y + point.y * point.weight
        for tag in point.tags:
            if tag not in tags:
                tags = tags + [tag]
    if not total:
        return default
    return Point(x / total, y / total, total, tags)
