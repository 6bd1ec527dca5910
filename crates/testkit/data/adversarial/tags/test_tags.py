from tags import normalize


def test_blank_and_double_tags_go():
    assert normalize([" News ", "news", "", "Sport", "  ", "SPORT", "weather"]) == ["news", "sport", "weather"]


def test_many_tags():
    for size in (0, 1, 5, 60, 300):
        tags = [f" Tag{number % (size // 2 + 1)} " for number in range(size)]
        assert normalize(tags) == [f"tag{number}" for number in range(min(size, size // 2 + 1))]
