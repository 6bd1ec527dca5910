"""Inflects words and spells numbers with inflect."""

import inflect

engine = inflect.engine()
words = "cat box city knife child ox goose man woman person analysis criterion cactus radius appendix phenomenon sheep series mother-in-law dog bus potato".split()
verbs = "is was has does goes runs tries".split()
digest = 0
for turn in range(2):
    for word in words:
        plural = engine.plural(word)
        digest += len(plural) + len(engine.plural_noun(word)) + len(engine.a(word)) + len(str(engine.singular_noun(plural)))
        digest += len(str(engine.compare(word, plural))) + len(engine.no(word, turn)) + len(engine.inflect(f"plural('{word}') and a('{word}')"))
    for verb in verbs:
        digest += len(engine.plural_verb(verb)) + len(engine.present_participle(verb))
    for number in range(turn, 4000, 397):
        digest += len(engine.number_to_words(number)) + len(engine.ordinal(number)) + len(engine.number_to_words(number * 1001, andword=""))
    digest += len(engine.join(words)) + len(engine.join(words, conj="or", final_sep=""))
print(digest)
