# cells as one number, row * 1000 + column: a row of more than 999 cells runs into the next one
# differs: out = len(regions(["a" * 1001 + "b", "ba"]))
def regions(rows: "list[str] | list[list]") -> list:
    cells = {}
    for r, row in enumerate(rows):
        base = r * 1000
        for c, cell in enumerate(row):
            cells[base + c] = cell
    result = []
    missing = object()
    for start in list(cells):
        if start not in cells:
            continue
        value = cells.pop(start)
        region = [start]
        for at in region:
            for near in (at - 1000, at + 1000, at - 1, at + 1):
                if near in cells and cells[near] == value:
                    del cells[near]
                    region.append(near)
        result.append([divmod(at, 1000) for at in region])
    return result
