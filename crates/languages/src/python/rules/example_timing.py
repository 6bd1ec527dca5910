import json
import time


def load(text):
    names = {"__name__": "example"}
    exec(compile(text, "example.py", "exec"), names)
    exec(DATA, names)
    call = eval("lambda: " + CALL, names)
    return call


def outcome(call):
    try:
        return repr(call())
    except Exception as error:
        return "raises " + repr(error)


def elapsed(call, times):
    start = time.process_time()
    for _ in range(times):
        call()
    return time.process_time() - start


def main():
    before, after = load(BEFORE), load(AFTER)
    texts = outcome(before), outcome(after)
    times = 1
    while elapsed(before, times) < 0.002:
        times *= 2
    pairs = [(elapsed(before, times), elapsed(after, times)) for _ in range(9)]
    # On some virtual machines the clock of a process stands still for a moment.
    pairs = [pair for pair in pairs if min(pair) > 0] or [(1, 1)]
    ratio = min(pair[0] for pair in pairs) / min(pair[1] for pair in pairs)
    print(json.dumps({"same": texts[0] == texts[1], "before": texts[0], "after": texts[1], "ratio": ratio}))


main()
