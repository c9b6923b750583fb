"""Context ratios of real text: o200k_base on FLORES-200, dev and devtest."""

import os
from pathlib import Path

import numpy as np
import pytest

from bench.costs import shapes
from bench.costs.contexts import Lengths, lengths
from bench.costs.table import Options, cost_rows

LANGUAGES = ("en", "ru", "zh")


@pytest.fixture(scope="module")
def o200k() -> Lengths:
    folder = os.environ.get("BABELTOLL_FLORES")
    if not folder:
        pytest.skip("set BABELTOLL_FLORES to a folder with en.txt, ru.txt, zh.txt, documents.txt")
    from bench.errors import InputError
    from bench.vocabularies import published
    from corpora.errors import CorpusError

    try:
        vocabulary = published("o200k_base")
    except (InputError, CorpusError) as reason:
        pytest.skip(
            f"o200k_base is not in the cache: `bench vocabularies fetch o200k_base`: {reason}"
        )
    columns = [
        np.diff(vocabulary.encode(_lines(Path(folder) / f"{language}.txt")).offsets)
        for language in LANGUAGES
    ]
    pages = _lines(Path(folder) / "documents.txt")
    documents = np.unique(pages, return_inverse=True)[1]
    return lengths(np.stack(columns, axis=1), LANGUAGES, "en", documents, "natural")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def test_the_premium_squares_in_three_of_four_contexts(o200k: Lengths) -> None:
    options = Options(conventions=("matmul", "exact"))
    rows = cost_rows(o200k, [shapes.load("gpt2")], options=options)
    found = {
        (row["convention"], row["context"]): round(row["value"], 3)
        for row in rows
        if row["cost"] == "attention_flops_ratio" and row["language"] == "zh"
    }
    assert found["matmul", "unit"] == 1.632
    assert found["exact", "unit"] == 1.620
    assert found["matmul", "document"] == 1.597
    assert found["matmul", "window"] == 1.257
    assert found["matmul", "window_equal_content"] == 1.580


def test_the_table_of_contexts_in_the_docs(o200k: Lengths) -> None:
    page = (Path(__file__).parents[3] / "docs" / "costs.md").read_text(encoding="utf-8")
    table = page.split("<!-- table: contexts -->")[1].strip().split("\n\n")[0]
    rows = cost_rows(o200k, [shapes.load("gpt2")], options=Options(conventions=("matmul",)))
    found = {
        (row["context"], row["language"]): [row["value"], row["ci_low"], row["ci_high"]]
        for row in rows
        if row["cost"] == "attention_flops_ratio"
    }
    for line in table.splitlines()[2:]:
        context, *written = (cell.strip(" `") for cell in line.strip("|").split("|"))
        computed = found[context, "ru"] + found[context, "zh"]
        assert written == [f"{value:.3f}" for value in computed]
