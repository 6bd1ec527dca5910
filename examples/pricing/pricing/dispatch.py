"""The order in which parcels leave the warehouse."""


def dispatch_order(dependencies):
    """Return the parcels so that each comes after those it waits for.

    ``dependencies`` maps a parcel to the list of parcels it waits for.
    """
    waiting = {parcel: len(needs) for parcel, needs in dependencies.items()}
    followers = {}
    for parcel, needs in dependencies.items():
        for need in needs:
            followers.setdefault(need, []).append(parcel)
    queue = [parcel for parcel, count in waiting.items() if count == 0]
    order = []
    while queue:
        parcel = queue.pop(0)
        order.append(parcel)
        for follower in followers.get(parcel, []):
            waiting[follower] -= 1
            if waiting[follower] == 0:
                queue.append(follower)
    if len(order) != len(dependencies):
        raise ValueError("parcels wait for each other in a circle")
    return order
