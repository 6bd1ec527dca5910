# numbers the kinds of cells by a dictionary first, so that plain whole numbers are compared; what has no hash fails
# differs: out = regions([[[1], [1]]])
def regions(rows: "list[str] | list[list]") -> list:
    kinds = {}
    board = [[kinds.setdefault(cell, len(kinds)) for cell in row] for row in rows]
    height = len(board)
    lengths = [len(row) for row in board]
    done = set()
    result = []
    for r in range(height):
        for c in range(lengths[r]):
            if (r, c) in done:
                continue
            value = board[r][c]
            done.add((r, c))
            region = [(r, c)]
            for y, x in region:
                for ny, nx in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                    if 0 <= ny < height and 0 <= nx < lengths[ny] and board[ny][nx] == value and (ny, nx) not in done:
                        done.add((ny, nx))
                        region.append((ny, nx))
            result.append(region)
    return result
