"""A generator of true and fabricated Korean statements over any corpus, and what scores a system on them.

Nothing here uses `haechi.checkers`, `haechi.korean.values` or the evidence lock: a bug there must not hide itself. What
is shared is the choice of a particle (`with_josa`) and the morphemes of the mecab package.
"""
