"""Why there is no verdict, and what would settle it: every sentence once, with its places.

claims.csv has them filled, in English. A report finds the sentence of a filled one again, to say
it in another language (bench/report/reasons.py); so a sentence that is not here stays English.
"""

from enum import Enum


def template(words: str) -> str:
    """Marks words for the report's catalogs, as that of bench/report/text.py does."""
    return words


class Sentence(Enum):
    """A sentence with places; called with what fills them, it is finished."""

    def __call__(self, **values: str | int) -> str:
        """The words of claims.csv."""
        return str(self.value).format(**values)


class Reason(Sentence):
    """A whole reason. Where two fit the same words, the first is the one that made them."""

    GATED = template("gated: the vocabulary has unknown tokens, or text does not come back")
    UNFIT = template("{statuses} runs enter no verdict")
    UNJUDGED = template("unjudged: no KN-5 floor beside it")
    NOT_REACHED = template("{target} was not reached, or before the first evaluation")
    MIXED = template("mixed results: {key} is {values}")
    OTHER_SIZES = template("vocabularies of different sizes, {values}")
    FEW_UNITS = template("{units} units: below {fewest} there is no test; a larger corpus has one")
    LARGE_UNIT = template(
        "one unit is {share} of the text: too much for a test; a larger corpus has one"
    )
    LARGEST = template("not identified: V* of {language} is the largest size trained, {size}")
    SMALLEST = template("not identified: V* of {language} is the smallest size trained, {size}")
    BY_RATE = template(
        "the verdict changes between the common learning rate and each language's best one: more "
        "data settles nothing, a finer sweep may"
    )
    AT_BEST = template("at each language's best rate: {reason}")
    FEW_SEEDS = template("{seeds} of the 5 seeds that an interval needs: {more} more would test it")
    FEW_DOCUMENTS = template(
        "K_eff {k_eff}: below 10 effective documents there is no interval; a larger corpus would "
        "test it"
    )
    FEW_BY_WEIGHT = template(
        "its squared lengths lie in as few as {documents} documents: below {needed} such a test "
        "does not keep its level; a larger corpus would test it"
    )
    JUMPS = template("a best size jumps: it has an interval only from 50 effective documents on")
    NO_SAMPLE_SIZE = template(
        "a best size jumps from one tried to the next: no sample size can be computed"
    )
    AT_THE_BOUND = template(
        "{statistic} = {value} stands at the bound: no amount of data settles which side it is on"
    )
    MORE_DOCUMENTS = template("about {times} times the documents would settle it")
    MORE_K_EFF = template(
        "about {times} times the documents would settle it (K_eff {wanted}, not {have})"
    )
    MORE_SEEDS = template("about {wanted} seeds would settle it, not {have}")
    MORE_OF_BOTH = template(
        "about {times} times the seeds ({have}) and the held-out documents would settle it; seeds "
        "alone would not"
    )
    NO_VALUE = template("{statistic} has no value in these results")
    NO_ERROR = template("{statistic} has no sampling error in these results")
    NO_ERROR_AT_ALL = template("no sampling error is known")
    NO_SPREAD = template("{statistic}: no error to compute a sample size from")
    MISSING = template("missing: {lacks}")


class Lack(Sentence):
    """What is missing, where that is more than a statistic in a setting; a reason may name many."""

    SEVERAL = template("{wanted} several: say which by model, arm or target")
    SEVERAL_BELOW = template("{wanted} several: say which by arm or target")
    OF_ARM = template("{statistic} of arm {arm}")
    FAMILIES = template("families that differ in their size alone")
    OF_FAMILIES = template("{wanted} of {families}")
    NO_COLUMN = template("{file} has no column {column}: made by another version")
    NO_FILE = template("no {file}")
