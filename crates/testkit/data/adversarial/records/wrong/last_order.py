# The order is that of the latest records.
def latest(records):
    """Return the latest record of each id, in the order in which ids first come."""
    found = {}
    for record in records:
        known = found.pop(record["id"], None)
        found[record["id"]] = record if known is None or record["time"] >= known["time"] else known
    return list(found.values())
