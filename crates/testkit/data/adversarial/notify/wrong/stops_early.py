# Ends at the tenth failure.
def notify(listeners, message):
    global delivered
    failed = []
    for name in list(listeners):
        if len(failed) == 10:
            break
        try:
            listeners[name](message)
        except Exception as error:
            log.warning("listener %s failed: %s", name, error)
            failed.append(name)
        else:
            delivered += 1
    return failed
