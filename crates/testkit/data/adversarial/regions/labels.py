"""Connected regions of a map given as rows of cells."""


def regions(rows: "list[str] | list[list]") -> list:
    """The regions of equal cells that touch by an edge, each a list of (row, column) in the order in which
    they are reached from its first cell: up, down, left, right. Rows may differ in length."""
    seen = []
    result = []
    for r in range(len(rows)):
        for c in range(len(rows[r])):
            if (r, c) in seen:
                continue
            seen.append((r, c))
            queue = [(r, c)]
            region = []
            while queue:
                y, x = queue.pop(0)
                region.append((y, x))
                for ny, nx in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                    if ny < 0 or nx < 0 or ny >= len(rows) or nx >= len(rows[ny]):
                        continue
                    if (ny, nx) not in seen and rows[ny][nx] == rows[y][x]:
                        seen.append((ny, nx))
                        queue.append((ny, nx))
            result.append(region)
    return result


def largest(rows):
    return max(regions(rows), key=len, default=[])
