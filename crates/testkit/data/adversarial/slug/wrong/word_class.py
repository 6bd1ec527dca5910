# \w holds the underscore, which isalnum does not.
import re


def slugify(title):
    return re.sub(r"\W+", "-", title.lower()).strip("-")
