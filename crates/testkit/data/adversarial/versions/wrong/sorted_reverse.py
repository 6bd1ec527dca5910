# So does sorting backwards.
def latest(versions, pre=False):
    kept = sorted((version for version in versions if not version.pre or pre), reverse=True)
    return kept[0].text if kept else None
