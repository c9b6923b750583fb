"""`python reports.py VOCABULARY… -- FOLDER`: what glotscope and tokenization-scorer report.

FOLDER has the layout that glotscope reads. The scorer reads tokens, not text, so `tokenizers` makes
them for it, as whoever uses it has to.
"""

import sys

import glotscope
from glotscope import Corpus, Normalization
from tokenization_scorer.metrics import get_metric  # type: ignore[import-untyped]
from tokenizers import Tokenizer

where = sys.argv.index("--")
corpus = Corpus.flores_plus(["en", "ru", "zh"], split="all", version="1").load(sys.argv[where + 1])
for vocabulary in sys.argv[1:where]:
    report = glotscope.Tokenizer.from_file(vocabulary).analyze(
        corpus, normalization=Normalization.NONE
    )
    print(vocabulary, report.parity(reference="en"), report.gini())
    print(report.renyi_efficiency(alpha=2.5))
    tokenizer = Tokenizer.from_file(vocabulary)
    for language, lines in corpus.lines.items():
        encoded = tokenizer.encode_batch_fast(list(lines), add_special_tokens=False)
        ids = [one.ids for one in encoded]
        for power in (2.5, 1.0):
            print(language, power, get_metric("renyi_efficiency")(ids, power=power))
