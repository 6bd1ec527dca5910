# Copies of the records go out.
def latest(records):
    """Return the latest record of each id, in the order in which ids first come."""
    found = {}
    for record in records:
        known = found.get(record["id"])
        if known is None or record["time"] >= known["time"]:
            found[record["id"]] = dict(record)
    return list(found.values())
