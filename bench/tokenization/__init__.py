"""Corpus x vocabulary -> sufficient statistics. Every text is encoded once.

Every metric, cost and interval afterwards is arithmetic on these arrays (the idea of sacreBLEU's
statistics): token counts per unit and language, and one histogram of token ids per language.
"""

from bench.tokenization.encoding import text_statistics, tokenize
from bench.tokenization.statistics import Mode, TextStatistics, TokenStatistics, VocabularyFacts

__all__ = [
    "Mode",
    "TextStatistics",
    "TokenStatistics",
    "VocabularyFacts",
    "text_statistics",
    "tokenize",
]
