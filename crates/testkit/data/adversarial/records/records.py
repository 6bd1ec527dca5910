"""Records of which the latest counts."""


def latest(records):
    """Return the latest record of each id, in the order in which ids first come."""
    result = []
    for record in records:
        for position, known in enumerate(result):
            if known["id"] == record["id"]:
                if record["time"] >= known["time"]:
                    result[position] = record
                break
        else:
            result.append(record)
    return result
