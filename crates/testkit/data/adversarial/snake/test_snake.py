from snake import to_snake


def test_names():
    for name, snake in [("fooBar", "foo_bar"), ("FooBar", "foo_bar"), ("foo_Bar", "foo_bar"), ("x", "x"), ("", ""), ("ABC", "a_b_c")]:
        assert to_snake(name) == snake


def test_long():
    assert to_snake("someName" * 40).count("_") == 40
    assert to_snake("äußerstÜber") == "äußerstÜber"
