"""Tokenization of corpora larger than memory or disk: read once, in batches; what is kept adds up.

`source` opens and prices the text, `sums` holds what has been seen, `position` keeps it on disk
with the place in the text, `run` goes through, `rows` makes the rows of tokenization.csv.
"""
