# Attributes are read once; append for a new list.
def centre(points, default=None):
    """Return the point in the middle of all, with the tags of all; `default` if there is none."""
    total = x = y = 0.0
    tags = []
    for point in points:
        weight = point.weight
        total += weight
        x += point.x * weight
        y += point.y * weight
        for tag in point.tags:
            if tag not in tags:
                tags.append(tag)
    if not total:
        return default
    return Point(x / total, y / total, total, tags)
