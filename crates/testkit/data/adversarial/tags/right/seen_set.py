# A set beside the list.
def normalize(tags):
    result = []
    seen = set()
    for tag in tags:
        clean = tag.strip().lower()
        if clean and clean not in seen:
            seen.add(clean)
            result.append(clean)
    return result
