"""Renders a document with mistune."""

import mistune

part = """# A title with `code`

Some *emphasised* and **strong** text with a [link](https://example.org "title") and ![image](a.png).
A second line, with <b>inline html</b> and an escaped \\* star. https://example.net/auto

- one
- two
    1. nested
    2. again

> a quotation
> of two lines

```python
def f(x):
    return x + 1
```

| a | b |
|---|---|
| 1 | 2 |
| 3 | ~~4~~ |

[ref]: https://example.com "a reference"

A [ref] and a footnote[^1].

[^1]: The note.

***
"""
render = mistune.create_markdown(plugins=["table", "strikethrough", "footnotes", "url", "task_lists"])
digest = 0
for turn in range(12):
    digest += len(render(part * 4)) + len(mistune.html(part))
print(digest)
