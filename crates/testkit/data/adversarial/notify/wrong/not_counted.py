# What was delivered is counted in a local variable.
def notify(listeners, message):
    delivered = 0
    failed = []
    for name in list(listeners):
        try:
            listeners[name](message)
        except Exception as error:
            log.warning("listener %s failed: %s", name, error)
            failed.append(name)
        else:
            delivered += 1
    return failed
