from escape import escape


def test_signs():
    assert escape("a < b & b > c") == "a &lt; b &amp; b &gt; c"
    assert escape('say "x"') == 'say "x"'
    assert escape('say "x"', quote=True) == "say &quot;x&quot;"
    assert escape("") == "" and escape("it's") == "it's"


def test_long():
    assert len(escape("<p>&amp;</p>" * 100)) == 2800
