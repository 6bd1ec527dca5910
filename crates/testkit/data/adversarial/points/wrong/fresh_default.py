# A new point like the default, not the default itself.
def centre(points, default=None):
    """Return the point in the middle of all, with the tags of all; `default` if there is none."""
    total = x = y = 0.0
    tags = []
    for point in points:
        total += point.weight
        x += point.x * point.weight
        y += point.y * point.weight
        for tag in point.tags:
            if tag not in tags:
                tags.append(tag)
    if not total:
        return default if default is None else Point(default.x, default.y, default.weight, list(default.tags))
    return Point(x / total, y / total, total, tags)
