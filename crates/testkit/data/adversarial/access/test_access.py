from access import Policy


def make():
    policy = Policy()
    policy.allow("*", "read", "/public/*")
    policy.allow("staff", "*", "/docs/*")
    policy.deny("guests", "write", "/docs/*")
    policy.allow("ann", "write", "/docs/ann/*")
    policy.join("ann", "staff")
    policy.join("bob", "guests")
    policy.join("guests", "staff")
    return policy


def test_public():
    assert make().allowed("zoe", "read", "/public/index")
    assert not make().allowed("zoe", "write", "/public/index")


def test_groups():
    assert make().allowed("ann", "write", "/docs/plan")
    assert make().allowed("bob", "read", "/docs/plan")


def test_denied():
    assert not make().allowed("bob", "write", "/docs/plan")
    assert not make().allowed("zoe", "read", "/docs/plan")


def test_last_rule():
    policy = make()
    policy.deny("ann", "write", "/docs/ann/secret")
    assert policy.allowed("ann", "write", "/docs/ann/note")
    assert not policy.allowed("ann", "write", "/docs/ann/secret")


def test_groups_in_a_ring():
    policy = make()
    policy.join("staff", "all")
    policy.join("all", "staff")
    assert policy.allowed("ann", "read", "/docs/plan")


def test_empty():
    assert Policy().allowed("ann", "read", "/") is False


def test_many():
    policy = make()
    for number in range(200):
        policy.allow("team%d" % number, "read", "/team/%d/*" % number)
        policy.join("user%d" % number, "team%d" % number)
        policy.join("team%d" % number, "team%d" % (number - 1))
    for number in range(0, 200, 9):
        assert policy.allowed("user%d" % number, "read", "/team/%d/x" % number)
        assert not policy.allowed("user%d" % number, "read", "/team/%d/x" % (number + 1))
