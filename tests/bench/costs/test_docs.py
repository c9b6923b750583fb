"""docs/costs.md: its examples run, its tables are computed again."""

import doctest
from dataclasses import replace
from pathlib import Path

import pytest

from bench.costs import flops, shapes

PAGE = Path(__file__).parents[3] / "docs" / "costs.md"


def table(name: str) -> list[list[str]]:
    """The cells of the table under `<!-- table: name -->`, row by row."""
    lines = PAGE.read_text(encoding="utf-8").split(f"<!-- table: {name} -->")[1].strip()
    rows = lines.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip(" `") for cell in row.strip().strip("|").split("|")] for row in rows]


def test_examples() -> None:
    text = PAGE.read_text(encoding="utf-8")
    examples = doctest.DocTestParser().get_doctest(text, {}, "costs.md", str(PAGE), 0)
    assert len(examples.examples) >= 5
    assert doctest.DocTestRunner().run(examples).failed == 0


def test_the_conventions_side_by_side() -> None:
    found = table("conventions")
    assert {convention for convention, *_ in found} == set(flops.CONVENTIONS)
    for convention, *cells in found:
        for name, written in (("gpt2", cells[:5]), ("tokenformer-124m", cells[5:])):
            assert written == convention_cells(name, convention)


def convention_cells(name: str, convention: str) -> list[str]:
    shape, s = shapes.load(name), 1024
    parts = [flops.group(shape, group, convention) for group in ("attention", "linear", "logits")]
    total = flops.training(shape, convention).of(s)
    share = total / flops.training(shape, "matmul").of(s)
    amounts = [f"{3 * part.of(s) / 1e9:.1f}" if part else "" for part in parts]
    return [*amounts, f"{total / 1e9:.1f}", f"{share:.3f}"]


def test_shares_quoted_in_the_text() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    llama = shapes.load("llama-3-8b")
    for length, quoted in ((128, "0.2%"), (1024, "1.8%"), (8192, "12.5%"), (32768, "36.4%")):
        attention = flops.group(llama, "attention")
        assert attention is not None
        share = attention.of(length) / flops.forward(llama).of(length)
        assert quoted == f"{share:.1%}"
        assert quoted in text
    small = shapes.load("transformer-2m")
    for layers, width, vocabulary, quoted in ((4, 128, 8192, "53%"), (6, 256, 32768, "62%")):
        sizes = {"layers": layers, "width": width, "vocabulary": vocabulary}
        heads = {"heads": 4, "kv_heads": 4, "head_width": width // 4}
        shape = replace(small, **sizes, **heads, feed_forward=4 * width)
        logits = flops.group(shape, "logits")
        assert logits is not None
        assert quoted == f"{logits.of(256) / flops.forward(shape).of(256):.0%}"
        assert quoted in text


def test_measured_steps_are_within_five_percent() -> None:
    rows = table("measured")
    assert len(rows) >= 6
    for *_, predicted, measured, off in rows:
        assert float(measured) >= 400
        share = float(predicted) / float(measured) - 1
        assert float(off.rstrip("%")) / 100 == pytest.approx(share, abs=0.002)
        assert abs(share) <= 0.05
