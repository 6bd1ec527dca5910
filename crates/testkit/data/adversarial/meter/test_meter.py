from meter import Meter


def filled(*values):
    meter = Meter()
    meter.add(*values)
    return meter


def test_mean():
    assert filled(1, 2, 3).average() == 2
    assert filled(2.5, 3.5).average() == 3
    assert filled().average() is None


def test_calibrated():
    meter = filled(1, 2, 3)
    meter.calibrate(10)
    assert meter.average() == 12
    meter.calibrate(1, 2)
    assert meter.average() == 5


def test_muted():
    meter = filled(4, -4, 6, -1)
    assert meter.average() == 1.25
    meter.mute()
    assert meter.average() == 5
    meter.mute(False)
    assert meter.average() == 1.25
    only = filled(-1)
    only.mute()
    assert only.average() is None


def test_limit():
    meter = filled(1, 2, 3, 4)
    meter.keep(2)
    assert meter.average() == 3.5
    meter.keep(None)
    assert meter.average() == 2.5
    meter.keep(9)
    assert meter.average() == 2.5


def test_many():
    meter = filled(*range(500))
    assert meter.average() == 249.5
    meter.keep(100)
    assert meter.average() == 449.5
