# goes by layers, each one sorted once for all its directions: the order within the third layer is another one
# differs: out = regions(["abaa", "aaaa"])
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
            layer = [(r, c)]
            region = []
            while layer:
                region += layer
                after = []
                for y, x in layer:
                    for ny, nx in ((y + 1, x), (y, x - 1), (y, x + 1), (y - 1, x)):
                        if 0 <= ny < height and 0 <= nx < len(rows[ny]) and (ny, nx) not in done and rows[ny][nx] == value:
                            done.add((ny, nx))
                            after.append((ny, nx))
                layer = after
            result.append(region)
    return result
