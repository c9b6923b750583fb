"""Rows of `bench plan` can be told apart, whatever runs are called."""

import pytest

from bench import profile
from bench.cell import Cell, in_order
from bench.cli import gpu_table
from bench.cli.plan_table import table
from bench.cli.run_names import by_kind, heading_lines, kind_of, row
from bench.plan import plan
from bench.sources import Source, Sources


def a_run(arm, model, languages, family, seed=0):
    spec = {"arm": arm, "model": model, "languages": languages, "seed": seed}
    return Cell("training", {"spec": spec, "family": family})


@pytest.mark.parametrize(
    "name", ["reference", "paper", "ladder", "glyphs-reference", "reference-released"]
)
def test_rows_of_a_profile_are_told_apart(name, monkeypatch):
    monkeypatch.setattr(gpu_table.Memory, "of", lambda memory, cell: 10**9)
    wanted = profile.load(name)
    sources = Sources(
        tuple(Source(one, facts=({"sha256": "0" * 64},)) for one in wanted.corpora),
        tuple(Source(one, facts=({"sha256": "0" * 64},)) for one in wanted.vocabularies.published),
    )
    made = plan(wanted, sources, "fp32", 1e11)
    lines = table(made, [], {}, 2).splitlines()
    assert max(map(len, lines)) <= 80
    first, *_ = (at for at, line in enumerate(lines) if line.startswith("training run"))
    shown, heading = [], ""
    for line in lines[first + 1 :]:
        if not line:
            break
        if line.startswith("  "):
            shown.append((heading, line.split()[0]))
        else:
            heading = line
    planned = {kind_of(cell) for cell in in_order(made.cells) if cell.predicted}
    assert len(shown) == len(planned) and set(shown) == planned


def test_runs_that_differ_by_seed_share_a_row():
    runs = [a_run("primary", "m", ["en"], "f", seed) for seed in range(3)]
    other = a_run("sweep", "m", ["en"], "f")
    assert by_kind([*runs, other]) == {"m f": {"en": runs}, "sweep m f": {"en": [other]}}


def test_what_is_longer_than_its_place_is_not_cut():
    long = " ".join(["an-arm-with-a-name-" + "x" * 40, "y" * 40, "z" * 20])
    lines = heading_lines(long)
    assert max(map(len, lines)) <= 80 and "".join(lines).replace(" ", "") == long.replace(" ", "")
    languages = "+".join(f"language-{number}" for number in range(12))
    *above, numbers = row(languages, "    1", 30)
    assert "".join(line.strip() for line in above) == languages
    assert numbers == " " * 30 + "    1" and max(map(len, above)) <= 80
