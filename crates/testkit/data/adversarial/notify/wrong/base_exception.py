# Catches what should end the program.
def notify(listeners, message):
    global delivered
    failed = []
    for name in list(listeners):
        try:
            listeners[name](message)
        except BaseException as error:
            log.warning("listener %s failed: %s", name, error)
            failed.append(name)
        else:
            delivered += 1
    return failed
