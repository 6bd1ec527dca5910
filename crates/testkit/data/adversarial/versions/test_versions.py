from versions import Version, latest


def made(*texts):
    return [Version(text) for text in texts]


def test_latest():
    assert latest(made("1.0", "1.10", "1.9")) == "1.10"
    assert latest(made("2.0.1", "2.0")) == "2.0.1"
    assert latest([]) is None


def test_pre():
    assert latest(made("1.0", "2.0-rc1")) == "1.0"
    assert latest(made("1.0", "2.0-rc1"), pre=True) == "2.0-rc1"
    assert latest(made("2.0", "2.0-rc1"), pre=True) == "2.0"
    assert latest(made("2.0-rc1")) is None
    assert latest(made("2.0-a", "2.0-b"), True) == "2.0-b"


def test_build():
    assert latest(made("1.0+1", "0.9+7")) == "1.0+1"
    assert latest(made("1.0", "0.9+7")) == "1.0"


def test_many():
    assert latest(made(*("%d.%d" % (number % 7, number) for number in range(60)))) == "6.55"
