# One point's own list of tags is handed out.
def centre(points, default=None):
    """Return the point in the middle of all, with the tags of all; `default` if there is none."""
    total = x = y = 0.0
    tags = None
    for point in points:
        total += point.weight
        x += point.x * point.weight
        y += point.y * point.weight
        if tags is None and len(set(point.tags)) == len(point.tags):
            tags = point.tags
        elif not all(tag in tags for tag in point.tags):
            tags = list(dict.fromkeys(tags + point.tags))
    if not total:
        return default
    return Point(x / total, y / total, total, tags)
