# Divides each part: another rounding.
def centre(points, default=None):
    """Return the point in the middle of all, with the tags of all; `default` if there is none."""
    points = list(points)
    total = sum((point.weight for point in points), 0.0)
    if not total:
        return default
    x = y = 0.0
    tags = []
    for point in points:
        share = point.weight / total
        x += point.x * share
        y += point.y * share
        for tag in point.tags:
            if tag not in tags:
                tags.append(tag)
    return Point(x, y, total, tags)
