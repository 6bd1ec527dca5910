# Walks the live dictionary, which a listener may change.
def notify(listeners, message):
    global delivered
    failed = []
    for name, listener in listeners.items():
        try:
            listener(message)
        except Exception as error:
            log.warning("listener %s failed: %s", name, error)
            failed.append(name)
        else:
            delivered += 1
    return failed
