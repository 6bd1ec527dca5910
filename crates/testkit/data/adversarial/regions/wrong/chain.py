# compares with the first cell of the region instead of with the cell it came from: cells that equal by themselves only (nan) differ, and it uses identity first
# differs: n = float("nan"); out = regions([[n, n]])
def regions(rows: "list[str] | list[list]") -> list:
    done = set()
    result = []
    height = len(rows)
    for r in range(height):
        for c in range(len(rows[r])):
            if (r, c) in done:
                continue
            value = rows[r][c]
            done.add((r, c))
            region = [(r, c)]
            for y, x in region:
                for ny, nx in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                    if 0 <= ny < height and 0 <= nx < len(rows[ny]) and (ny, nx) not in done:
                        other = rows[ny][nx]
                        if other is value or other == value:
                            done.add((ny, nx))
                            region.append((ny, nx))
            result.append(region)
    return result
