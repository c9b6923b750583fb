"""The result files: every table, every column, its type and its meaning.

This is the one place that knows the columns. The writer, the reader, `datapackage.json` and the
documentation are made from it. Columns may be added; none is ever renamed or removed.
"""

from dataclasses import dataclass, replace
from typing import Literal

Type = Literal["string", "number", "integer", "boolean"]


@dataclass(frozen=True)
class Column:
    """One column: its type, and in words what stands in it."""

    name: str
    type: Type
    description: str
    default: str | None = None
    added: bool = False  # came after the first results: an older file may lack it


@dataclass(frozen=True)
class Table:
    """One CSV file: what a row is, its columns in order, and the columns that name a row."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def file(self) -> str:
        """The file's name, `tokenization.csv`."""
        return f"{self.name}.csv"

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in their order."""
        return tuple(column.name for column in self.columns)


def _text(name: str, description: str, default: str | None = None) -> Column:
    return Column(name, "string", description, default)


def _number(name: str, description: str) -> Column:
    return Column(name, "number", description)


def _count(name: str, description: str) -> Column:
    return Column(name, "integer", description)


def _added(*columns: Column) -> tuple[Column, ...]:
    return tuple(replace(column, added=True) for column in columns)


CORPUS = _text("corpus", "Name of the parallel corpus, or the content's short hash for user text")
SPLIT = _text("split", "train, validation, test, or all")
VOCABULARY = _text("vocabulary", "Name of the vocabulary that served this language")
FAMILY = _text("vocabulary_family", "The vocabularies that together serve the languages")
LANGUAGE = _text("language", "Language code: en, ru, zh or the user's own")
REFERENCE = _text("reference", "Language that a ratio is relative to; empty where none is")
MODEL = _text("model", "Name of the model shape or of the floor")
SIGNATURE = _text("signature", "How the value was made; equal signatures are comparable")
VALUE = _number("value", "The value, in the unit named; empty where it does not exist")
INTERVAL = (
    _number("ci_low", "Lower end of the 95% interval; empty where there is none"),
    _number("ci_high", "Upper end of the 95% interval; empty where there is none"),
    _text("ci_method", "percentile-10000.s0, jackknife-t, satterthwaite-t, or none"),
)
QUANTILES = (1, 5, 10, 25, 50, 100, 250, 500, 1000, 2000, 5000,
             8000, 9000, 9500, 9750, 9900, 9950, 9975, 9990, 9995, 9999)  # fmt: skip
"""Ten-thousandths at which a bootstrap distribution is kept."""
UNIT = _text("unit", "Unit of the value")
COUNTS = (
    _count("n_units", "Aligned units of meaning behind the value"),
    _count("n_documents", "Documents behind the value: what is resampled"),
    _number("k_eff", "Effective number of documents, (sum m)^2 / sum m^2"),
)

TOKENIZATION = Table(
    "tokenization",
    "corpus x split x vocabulary x language x metric",
    (
        CORPUS,
        SPLIT,
        VOCABULARY,
        FAMILY,
        LANGUAGE,
        REFERENCE,
        _text("mode", "unit: each unit encoded alone; joined: all units joined by a space"),
        _text("metric", "Name of the metric, as defined in docs/metrics.md"),
        _text("variant", "Tells apart segmenters, observed and declared, quantiles …", "default"),
        VALUE,
        *INTERVAL,
        UNIT,
        _text("aggregation", "ratio-of-totals, mean, median, total, quantile …"),
        *COUNTS,
        Column("comparable", "boolean", "false where UNK tokens or a failed round trip gate it"),
        SIGNATURE,
    ),
    (
        "corpus",
        "split",
        "vocabulary",
        "vocabulary_family",
        "language",
        "mode",
        "metric",
        "variant",
    ),
)

COSTS = Table(
    "costs",
    "corpus x vocabulary x language x model x cost",
    (
        CORPUS,
        SPLIT,
        VOCABULARY,
        FAMILY,
        LANGUAGE,
        REFERENCE,
        MODEL,
        _text("context", "What is one sequence: unit, document, window, window_equal_content"),
        _text("cost", "Name of the cost, as defined in docs/costs.md"),
        _text("convention", "Counting convention: exact, matmul, chinchilla, palm, …"),
        VALUE,
        *INTERVAL,
        UNIT,
        *COUNTS,
        SIGNATURE,
    ),
    (
        "corpus",
        "split",
        "vocabulary",
        "vocabulary_family",
        "language",
        "model",
        "context",
        "cost",
        "convention",
    ),
)

MEMORY = Table(
    "memory",
    "corpus x vocabulary x language x model x part, predicted",
    (
        CORPUS,
        SPLIT,
        VOCABULARY,
        LANGUAGE,
        MODEL,
        _count("batch_units", "Units of meaning in a batch, the same ones in every language"),
        _text("layout", "padded: one row a unit, padded to the longest; packed: one row"),
        _text("precision", "fp32, or bf16 (autocast)"),
        _text("part", "parameters, gradients, optimizer, activations, temporaries, total"),
        _number("bytes_mean", "Mean over the batches, of what the part holds at the peak"),
        *INTERVAL[:2],
        _number("bytes_max", "Largest over the batches"),
        _count("n_batches", "Random batches of units"),
        *_added(
            REFERENCE,
            _number("ratio", "Of the total, to the reference language: 1 + the three that follow"),
            _number("ratio_logits", "What of the ratio tensors over the vocabulary add"),
            _number("ratio_activations", "What other activations and temporaries add"),
            _number("ratio_states", "What parameters, gradients and optimizer states add"),
        ),
        SIGNATURE,
    ),
    (
        "corpus",
        "split",
        "vocabulary",
        "language",
        "model",
        "batch_units",
        "layout",
        "precision",
        "part",
    ),
)

TRAINING = Table(
    "training",
    "one training run, or one floor beside it",
    (
        _text("run_id", "Name of the run"),
        _text("arm", "Experimental arm"),
        _text("stage", "Growth stage, or main"),
        CORPUS,
        *_added(SPLIT),
        VOCABULARY,
        FAMILY,
        LANGUAGE,
        MODEL,
        _count("seed", "Seed of initialisation and data order"),
        _number("lr", "Peak learning rate"),
        _number("epochs", "Passes over the train split"),
        _count("context_units", "Units of one document in a sequence"),
        *_added(
            _count(
                "vocabulary_size", "Ids of the vocabulary; a model has one more, for a unit's end"
            ),
            _count("train_units", "Units of the train split that the run or floor learns from"),
        ),
        _count("parameters_body", "Parameters outside the embedding"),
        _count("parameters_embedding", "Parameters of the (tied) embedding"),
        _count("units", "Units of meaning seen in training"),
        _count("tokens", "Tokens seen in training, padding excluded"),
        _number("flops_useful", "Training FLOPs on real tokens"),
        _number("flops_spent", "Training FLOPs, padding included"),
        _number("bits_per_unit", "Held-out bits per unit on the test split"),
        _number("bits_ci_low", "Lower end of its 95% interval over documents"),
        _number("bits_ci_high", "Upper end of its 95% interval over documents"),
        _number("bits_per_byte", "The same bits over the bytes of the source text"),
        _number("bits_per_english_character", "The same bits over the English side's characters"),
        *COUNTS,
        *_added(
            _number("clipped_share", "Share of steps whose gradient was clipped; empty for floors"),
        ),
        _text("status", "ok, undertrained (not below KN-5), or diverged; empty for floors"),
        _text("precision", "fp32 or bf16"),
        _count("threads", "Threads of the run: part of what fixes the last bit"),
        SIGNATURE,
    ),
    ("run_id",),
)

CURVES = Table(
    "curves",
    "one evaluation in one run, on the validation split",
    (
        _text("run_id", "Name of the run"),
        _count("step", "Optimizer step"),
        _number("epoch", "Passes over the train split so far"),
        Column("annealed", "boolean", "true where the learning rate had been decayed to its end"),
        _count("units_seen", "Units of meaning seen so far"),
        _count("tokens_seen", "Tokens seen so far, padding excluded"),
        _number("flops_useful", "Training FLOPs on real tokens so far"),
        _number("flops_spent", "Training FLOPs so far, padding included"),
        _number("bits_per_unit", "Held-out bits per unit on the validation split"),
    ),
    ("run_id", "step", "annealed"),
)

CONVERGENCE = Table(
    "convergence",
    "a comparison of learning between languages or arms",
    (
        _text("arm", "Experimental arm"),
        LANGUAGE,
        REFERENCE,
        _text("axis", "units, tokens or flops"),
        _text("budget", "What is held equal: content, token or flop"),
        _text("measure", "Name of the measure, as defined in docs/training.md"),
        _text("target", "Target of the measure, r=0.8 or a number of bits", "none"),
        VALUE,
        *INTERVAL,
        Column("censored", "boolean", "true where the target was not reached: value is empty"),
        _count("n_seeds", "Seeds behind the value"),
        COUNTS[2],
        *_added(
            _text("against", "The arm a ratio is relative to; none where it is a language", "none"),
            CORPUS,
            FAMILY,
            MODEL,
            _text("status", "ok, or what a run behind the value was: undertrained, diverged"),
            _number("log_se", "Standard error of the value's logarithm, of seeds and documents"),
            _number("df", "Satterthwaite's degrees of freedom of that error"),
        ),
        SIGNATURE,
    ),
    ("arm", "language", "axis", "budget", "measure", "target", "against"),
)

EVIDENCE = Table(
    "evidence",
    "a statistic that a claim may be about, with its sampling distribution",
    (
        _text("statistic", "Name of the statistic, as listed in docs/claims.md"),
        CORPUS,
        SPLIT,
        FAMILY,
        _text("model", "Model shape or trained model; none where the statistic has none", "none"),
        _text("context", "What is one sequence or batch; none where there is none", "none"),
        LANGUAGE,
        _text("reference", "Language that a ratio is relative to; none for no ratio", "none"),
        _text("variant", "Segmenter, or arm of a training run", "default"),
        VALUE,
        INTERVAL[2],
        _number("log_se", "Standard error of the value's logarithm; empty for a bootstrap"),
        _number("df", "Degrees of freedom of that error"),
        *(_number(f"q{p:04d}", f"Quantile of the bootstrap at {p / 100:g}%") for p in QUANTILES),
        *COUNTS,
        _number("k_weight", "Effective number of documents by squared lengths, where they count"),
        _number("skew", "Skewness of the value's logarithm over documents, where squares count"),
        _count("n_seeds", "Seeds behind a training statistic"),
        Column("comparable", "boolean", "false where UNK tokens or a failed round trip gate it"),
        _text("status", "ok, or why the value may enter no verdict", "ok"),
        SIGNATURE,
    ),
    (
        "statistic",
        "corpus",
        "split",
        "vocabulary_family",
        "model",
        "context",
        "language",
        "reference",
        "variant",
    ),
)

CLAIMS = Table(
    "claims",
    "one claim in one setting",
    (
        _text("claim", "Identifier of the claim"),
        _text("family", "Family of claims for Holm's correction"),
        CORPUS,
        VOCABULARY,
        MODEL,
        _text("statistic", "What was computed"),
        VALUE,
        _number("ci_low", "Lower end of the interval at ci_level; empty where there is none"),
        _number("ci_high", "Upper end of the interval at ci_level; empty where there is none"),
        _number("threshold", "Bound of the claim; of a range its lower end"),
        _number("p_support", "Adjusted p of the null that the claim's bound does not hold"),
        _number("p_refute", "Adjusted p of the reverse"),
        _text("verdict", "supported, refuted or inconclusive"),
        _text("reason", "Why it is inconclusive, and what would settle it"),
        *COUNTS,
        _count("n_seeds", "Seeds behind a training statistic"),
        *_added(
            _text("context", "What is one sequence or batch; none where there is none", "none"),
            _text("case", "Which case of the claim: a language, a rival …; all for one", "all"),
            _text("endpoint", "primary: fixed before the run; secondary: all other settings"),
            _text("test", "below, at_most, above, at_least or within"),
            _number("threshold_high", "Upper end of a range"),
            _number("ci_level", "Level of the interval: 1 - 2 x the level at which Holm tests"),
        ),
        SIGNATURE,
    ),
    ("claim", "corpus", "vocabulary", "model", "context", "case"),
)

TIMINGS = Table(
    "timings",
    "whatever a clock or a meter said; the one file that two equal runs do not share",
    (
        _text("cell", "Label of the cell, or run_id of the training run"),
        _text("phase", "What was timed"),
        _number("seconds", "Wall time"),
        _number("tokens_per_second", "Tokens trained on in a second"),
        _number("mfu", "Useful FLOPs over the machine's measured matrix-product rate"),
        _number("peak_memory_bytes", "Measured peak memory"),
        _text("memory_source", "How it was measured"),
        _number("energy_joules", "Measured energy; empty where there is no meter"),
        *_added(
            _number("predicted_seconds", "Core seconds that the plan foresaw for the cell"),
            _number(
                "predicted_memory_bytes", "Predicted peak memory of the step that was measured"
            ),
        ),
        _text("device", "Processor or accelerator"),
        _count("threads", "Threads used"),
    ),
    ("cell", "phase"),
)

TABLES = {
    table.name: table
    for table in (
        TOKENIZATION,
        COSTS,
        MEMORY,
        TRAINING,
        CURVES,
        CONVERGENCE,
        EVIDENCE,
        CLAIMS,
        TIMINGS,
    )
}
