# A dictionary finds the place of an id.
def latest(records):
    """Return the latest record of each id, in the order in which ids first come."""
    result = []
    places = {}
    for record in records:
        place = places.setdefault(record["id"], len(result))
        if place == len(result):
            result.append(record)
        elif record["time"] >= result[place]["time"]:
            result[place] = record
    return result
