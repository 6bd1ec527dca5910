# Another level.
def notify(listeners, message):
    global delivered
    failed = []
    for name in list(listeners):
        try:
            listeners[name](message)
        except Exception as error:
            log.error("listener %s failed: %s", name, error)
            failed.append(name)
        else:
            delivered += 1
    return failed
