from hub import Hub, Listener, Once


def make(*listeners):
    hub = Hub()
    for listener in listeners:
        hub.join(listener)
    return hub


def test_all_hear():
    one, two = Listener("one"), Listener("two", ["news"])
    hub = make(one, two)
    assert hub.publish("news", "a", "b") == 2
    assert hub.publish("sport", "c") == 1
    assert two.heard == [("news", "a"), ("news", "b")]
    assert hub.publish("sport") == 0


def test_paused():
    one = Listener("one")
    hub = make(one)
    one.paused = True
    assert hub.publish("news", "a") == 0
    assert Hub().publish("news", "a") == 0


def test_once():
    once = Once("once")
    assert make(once).publish("news", "a", "b") == 1
    assert once.heard == [("news", "a")]


def test_history():
    hub = make(Listener("one"))
    hub.remember(2)
    hub.publish("news", "a")
    hub.publish("news", "b", "c")
    assert hub.history == [("news", "b"), ("news", "c")]


def test_many():
    hub = make(*(Listener("l%d" % number) for number in range(50)))
    assert hub.publish("x", *range(20)) == 50
