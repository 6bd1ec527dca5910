from letters import text_of


def test_text_of():
    assert text_of([104, 105]) == "hi"
    for size in range(60):
        assert len(text_of([97 + number % 26 for number in range(size)])) == size
        assert len(text_of(list(range(size)), 1)) == max(size - 1, 0)
