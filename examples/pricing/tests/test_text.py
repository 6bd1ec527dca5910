import pytest

from pricing import parse_fields, product_code


@pytest.mark.parametrize(
    ("text", "code"),
    [("ab-12/x", "AB12X"), ("", ""), (" . ", ""), ("straße-9", "STRASSE9"), ("a_b c.d", "ABCD")],
)
def test_separators_go_and_letters_rise(text, code):
    assert product_code(text) == code


def test_long_labels():
    for number in range(800):
        label = f"supplier-{number}/batch_{number * 7}.unit " * 12
        assert "-" not in product_code(label)


def test_fields_are_read():
    lines = [f"name = item {number}; price={number}.50 ; stock = {number % 9};" for number in range(500)]
    records = parse_fields(lines)
    assert records[7] == {"name": "item 7", "price": "7.50", "stock": "7"}
    assert len(records) == 500


def test_other_text_is_skipped():
    assert parse_fields(["no fields here", ""]) == [{}, {}]
