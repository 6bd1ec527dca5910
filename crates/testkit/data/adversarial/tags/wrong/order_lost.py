# A set keeps no order; small inputs happen to come out right.
def normalize(tags):
    return [tag for tag in {tag.strip().lower() for tag in tags} if tag]
