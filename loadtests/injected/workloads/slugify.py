"""Makes slugs of titles with python-slugify."""

from slugify import slugify

titles = [
    "This is a test ---", "影師嗎", "C'est déjà l'été.", "Nín hǎo. Wǒ shì zhōng guó rén", "jaja---lol-méméméoo--a", "10 amazing &amp; useful things",
    "the quick brown fox jumps over the lazy dog", "ÜBER Über German Umlaut", "1,000 reasons you are #1", "i love 🦄", "&#381; &#x17D; entities",
]
digest = 0
for turn in range(150):
    for title in titles:
        digest += len(slugify(title))
        digest += len(slugify(title, max_length=12, word_boundary=True, save_order=True))
        digest += len(slugify(title, stopwords=["the", "is", "a"], separator="_", replacements=[["|", "or"], ["%", "percent"]]))
        digest += len(slugify(title, allow_unicode=True, lowercase=False))
print(digest)
