# No log record.
def notify(listeners, message):
    global delivered
    failed = []
    for name in list(listeners):
        try:
            listeners[name](message)
        except Exception:
            failed.append(name)
        else:
            delivered += 1
    return failed
