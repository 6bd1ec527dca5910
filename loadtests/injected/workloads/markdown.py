"""Renders a document with Markdown and its extensions."""

import markdown

part = """# A title

Some *emphasised* and **strong** text with a [link](https://example.org "title") and ![image](a.png).
A second line with <b>inline html</b>, `code` and an escaped \\* star.  
<https://example.net/auto>

* one
* two

    inside two

1. first
2. second

> a quotation
> of two lines

    indented code
    of two lines

Term
:   Its definition

| a | b |
|---|---|
| 1 | 2 |

[ref]: https://example.com "a reference"

A [text][ref] and a footnote[^1].

[^1]: The note.

* * *
"""
digest = 0
for turn in range(4):
    digest += len(markdown.markdown(part * 3, extensions=["extra", "toc", "sane_lists", "smarty"]))
    digest += len(markdown.markdown(part * 3))
print(digest)
