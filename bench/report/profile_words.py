"""Descriptions of the packaged profiles, as their files have them, for the translation catalog."""

from bench.report.text import template

DESCRIPTIONS = (
    template(
        "Both vocabulary kinds, per language and joint; one seed; under 25 minutes on 2 cores"
    ),
    template(
        "Glyphs, plain and superword BPE at 8,192 entries, five seeds; reference's cells and two "
        "hours"
    ),
    template("Glyph tables of four sizes against plain and superword BPE at 4,096 entries"),
    template("TokenFormers grown from 124M to 1.4B beside Transformers from scratch; for GPUs"),
    template("The pooled corpus, 11M parameters, five seeds in every arm; for GPUs"),
    template("One vocabulary kind, one seed, a slice of the corpus; under 4 minutes on 2 cores"),
    template("The primary arm of reference, blocks beginning as released; its finished cells"),
    template("Five seeds of the primary arm, the other arms beside; eleven hours on 2 cores"),
)
