# a set of cells seen, and the list walked instead of popped
def regions(rows: "list[str] | list[list]") -> list:
    seen = set()
    result = []
    height = len(rows)
    for r in range(height):
        for c in range(len(rows[r])):
            if (r, c) in seen:
                continue
            seen.add((r, c))
            region = [(r, c)]
            for y, x in region:
                value = rows[y][x]
                for cell in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                    ny, nx = cell
                    if ny < 0 or nx < 0 or ny >= height or nx >= len(rows[ny]):
                        continue
                    if cell not in seen and rows[ny][nx] == value:
                        seen.add(cell)
                        region.append(cell)
            result.append(region)
    return result
