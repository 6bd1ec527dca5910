# A set loses the order in which tags came.
def centre(points, default=None):
    """Return the point in the middle of all, with the tags of all; `default` if there is none."""
    points = list(points)
    total = sum((point.weight for point in points), 0.0)
    if not total:
        return default
    x = sum((point.x * point.weight for point in points), 0.0)
    y = sum((point.y * point.weight for point in points), 0.0)
    tags = list({tag for point in points for tag in point.tags})
    return Point(x / total, y / total, total, tags)
