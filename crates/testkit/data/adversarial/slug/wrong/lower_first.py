# Lower case may be longer than one character: the dot above of a Turkish capital I is no letter.
import re


def slugify(title):
    return re.sub(r"[\W_]+", "-", title.lower()).strip("-")
