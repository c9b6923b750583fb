"""Sentences of claims, as bench/claims.toml has them, for the translation catalog.

Beside the claims their notes, cases, published figures, and why one has no test.
"""

from bench.report.text import template

SENTENCES = (
    template("The same text takes 30 to 50% fewer tokens in Chinese"),
    template("English is the most stretched of the three in tokens"),
    template("Russian is practically equal to English in tokens"),
    template("A word takes 1 to 2 tokens in Chinese, 1.2 to 1.5 in Russian, 1.5 to 2.5 in English"),
    template("In Mistral's and BLOOM's vocabularies Chinese takes two to three times less"),
    template("Russian is slightly denser in meaning than English"),
    template("One Chinese token carries the most information, an English one the least"),
    template(
        "Chinese needs a vocabulary of 100,000 and more, Russian and English 32,000 to 50,000"
    ),
    template("A larger vocabulary removes the gap between the languages"),
    template("Shorter Chinese sequences mean less work in attention"),
    template("A token premium is squared under attention"),
    template("Training on Chinese costs 20 to 30% less compute at equal tasks"),
    template("Chinese needs less memory"),
    template("Chinese converges faster at equal content"),
    template("Re-coding Russian or English into single signs pays"),
    template("Re-coding into single signs gives the same gain as Chinese"),
    template("Growing a TokenFormer costs less than training the large one from scratch"),
    template("TokenFormer reaches the Transformer's quality at equal parameters"),
    template("The quality of what is generated depends on pretraining, not on the language"),
)
NOTES = (
    template("Chinese has no words between spaces: the segmenter stands in the case."),
    template("No package that this suite reads carries BLOOM's vocabulary."),
    template(
        "Declared for a vocabulary and a model that the reference run does not train: there all "
        "settings together judge it."
    ),
    template(
        "Tested as a ratio: the size that costs least is at least twice the English one. Where "
        "it is the largest or the smallest size that the text supports, it is not identified."
    ),
    template(
        "Of units and documents. In windows the answer is in the definition: of a fixed number "
        "of tokens attention grows with the premium, of equal content with its square."
    ),
    template(
        "An equal task is r = 0.8, a share of each language's own way to its own best model; at "
        "equal bits per unit the answer may be another (docs/training.md)."
    ),
    template("Predicted peak of one training step on a batch of the same units."),
    template(
        "Judged at r = 0.8, a share of each language's own way to its own best model; at equal "
        "bits per unit the answer may be another (docs/training.md). English and Russian meet "
        "it while the rate is warming up, so the ratio is true of this schedule."
    ),
    template("At equal total vocabulary; table and merges are charged to every arm."),
    template(
        "(ru + glyphs)/ru against zh/ru: Russian without glyphs cancels, and what is left is "
        "Russian with glyphs over Chinese. Errors are added, whatever their correlation; no "
        "table is charged. Where Chinese itself takes more to r = 0.8 than Russian, as in the "
        "reference run, the same is no gain."
    ),
    template("The FLOPs of all stages, the base included."),
    template(
        "On validation, which chose the rates; on test see test_bits_ratio. Within 1% either "
        "way, so a TokenFormer that is better refutes it too. How blocks begin decides much of "
        "it: docs/training.md."
    ),
)
UNTESTED = (
    template("no verdict: bits per unit of held-out text are not the quality of what is generated"),
)
CASES = (
    template("zh in documents"),
    template("ru in documents"),
    template("a unit read"),
    template("to r=0.8"),
)
FIGURES = (
    template(
        "0.970 with XLM-R, 0.916 with mT5, 1.111 with NLLB, 3.212 with GPT-2, 0.337 by characters "
        "(FLORES-200, joined)"
    ),
    template("0.964 with equally large monolingual vocabularies"),
    template(
        "Russian takes more than English in every published row: 1.174 with XLM-R, 1.268 with mT5, "
        "5.740 with GPT-2 (FLORES-200, joined)"
    ),
    template("1.030 with equally large monolingual vocabularies"),
    template("1.174 with XLM-R (FLORES-200, joined)"),
    template("0.947 with BLOOM (FLORES-200, joined)"),
    template(
        "about a third of the TPU hours of training from scratch, 124M to 1.4B parameters, English"
    ),
    template("yes: zero-shot average 59.3 against Pythia's 55.2 at 1.5B parameters"),
    template(
        "no: held-out bits per byte 1.3771 instead of 1.2305 when it replaces the feed-forward "
        "block, 17M parameters"
    ),
)
