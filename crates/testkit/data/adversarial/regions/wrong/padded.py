# a border of empty texts around a padded copy spares the tests of limits; cells that are empty texts run out into it
# differs: out = regions([[""]])
def regions(rows: "list[str] | list[list]") -> list:
    width = max((len(row) for row in rows), default=0)
    pad = [""] * (width + 2)
    board = [pad] + [[""] + list(row) + [""] * (width + 1 - len(row)) for row in rows] + [pad]
    done = set()
    result = []
    for r, row in enumerate(rows):
        for c in range(len(row)):
            if (r, c) in done:
                continue
            value = board[r + 1][c + 1]
            done.add((r, c))
            region = [(r, c)]
            for y, x in region:
                for ny, nx in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                    if (ny, nx) not in done and board[ny + 1][nx + 1] == value:
                        done.add((ny, nx))
                        region.append((ny, nx))
            result.append(region)
    return result
