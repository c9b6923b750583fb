"""Every arm that a profile can state, from its TOML to rows of the result files."""

import csv
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import manifest, profile, runner, sources
from bench.assemble import assemble
from bench.cell import Cell, in_order
from bench.errors import InputError
from bench.executors import run_here
from bench.merge import export, merge
from bench.plan import Plan, plan
from bench.signature import parse
from bench.store import Store

PROFILE = """
name = "arms"
description = "every arm, in a few steps each"
corpora = ["tales"]
languages = ["en", "zh"]

[own.tales]
documents = "documents.txt"
texts = { en = "en.txt", ru = "ru.txt", zh = "zh.txt" }

[vocabularies]
controls = ["bytes"]
trained = [
  "bpe-300-per-language", "unigram-450-joint-content", "bpe-320-per-language",
  "bpe-300-joint-content", "bpe-900-joint-content",
]

[training]
corpus = "tales"
models = ["FOLDER/tokenformer.toml", "FOLDER/transformer.toml"]
vocabularies = ["bpe-300-per-language"]
seeds = [0, 1]
epochs = 0.5
context_units = 4
batch_units = 64
evaluations = 2
budgets = [0.5, 1.0]
precision = "fp32"
lr = 3e-3
floors = ["floor-order0", "floor-kn5"]
early = [0.2]
sweep = { lrs = [1e-3, 3e-3, 9e-3], epochs = 0.25 }

[[training.arms]]
name = "unigram"
languages = ["en"]
models = ["FOLDER/transformer.toml"]
vocabularies = ["unigram-450-joint-content"]
seeds = [0]

[[training.arms]]
name = "larger-vocabulary"
languages = ["en"]
models = ["FOLDER/transformer.toml"]
vocabularies = ["bpe-320-per-language"]
seeds = [0]

[[training.arms]]
name = "bytes"
languages = ["en"]
models = ["FOLDER/transformer.toml"]
vocabularies = ["bytes"]
seeds = [0]

[[training.arms]]
name = "joint"
models = ["FOLDER/transformer.toml"]
vocabularies = ["bpe-300-joint-content"]
seeds = [0]

[[training.arms]]
name = "joint-3v"
languages = ["en"]
models = ["FOLDER/transformer.toml"]
vocabularies = ["bpe-900-joint-content"]
seeds = [0]

[[training.arms]]
name = "published"
models = ["FOLDER/transformer.toml"]
vocabularies = ["bytes"]
seeds = [0]
changes = { occurring = true }

[[training.arms]]
name = "second-size"
languages = ["en"]
models = ["FOLDER/wider.toml"]
seeds = [0]

[[training.arms]]
name = "iso-token"
models = ["FOLDER/transformer.toml"]
seeds = [0]
changes = { budget = "token", amount = 5000 }

[[training.arms]]
name = "iso-flop"
languages = ["en"]
models = ["FOLDER/transformer.toml"]
seeds = [0]
changes = { budget = "flop", amount = 1e9 }

[[training.arms]]
name = "writings"
models = ["FOLDER/transformer.toml"]
languages = ["en", "en-2byte", "en-3byte", "zh", "zh-pinyin"]
seeds = [0]

[[training.arms]]
name = "a-a"
models = ["FOLDER/transformer.toml"]
languages = ["en"]
seeds = [7, 8]

[[training.arms]]
name = "growth"
models = ["FOLDER/tokenformer.toml"]
languages = ["en"]
growth = [0.25, 0.5, 1.0]
seeds = [0]

[[training.arms]]
name = "multilingual"
models = ["FOLDER/transformer.toml"]
vocabularies = ["bpe-300-joint-content"]
together = true
against = ["joint"]
seeds = [0]
"""
SHAPE = """
family = "{family}"
layers = 1
width = {width}
heads = 2
vocabulary = 301
context = 256
block_norm_gains = false
"""
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("arms")
    _tiny().write(folder, count=110)
    shapes = {"tokenformer": ("tokenformer", 16), "transformer": ("transformer", 16),
              "wider": ("transformer", 24)}  # fmt: skip
    for name, (family, width) in shapes.items():
        (folder / f"{name}.toml").write_text(SHAPE.format(family=family, width=width))
    path = folder / "arms.toml"
    path.write_text(PROFILE.replace("FOLDER", str(folder)))
    wanted = profile.load(str(path))
    return plan(wanted, sources.resolve(wanted, lambda line: None), "fp32")


@pytest.fixture(scope="module")
def results(made: Plan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The result files of all training cells of the plan."""
    folder = tmp_path_factory.mktemp("run")
    put_together(made, folder, Silent())
    yield folder


class Silent:
    """Remembers what was computed."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()

    def started(self, cell: Cell) -> None:
        self.kinds.add(cell.kind)

    def finished(self, cell: Cell, result: object) -> None: ...


def put_together(made: Plan, folder: Path, watch: Silent) -> None:
    cells = tuple(cell for cell in made.cells if cell.kind in ("training", "floor"))
    run_here(cells, Store(folder / "store"), watch)
    assemble(Plan(made.profile, made.sources, cells), Store(folder / "store"), folder)


def _tiny() -> Any:
    path = Path(__file__).parents[1] / "tiny.py"
    spec = importlib.util.spec_from_file_location("tiny", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(folder: Path, name: str, **where: str) -> Rows:
    with (folder / f"{name}.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return [row for row in rows if all(row[key] == value for key, value in where.items())]


def runs(folder: Path, arm: str) -> Rows:
    found = [row for row in read(folder, "training", arm=arm) if row["stage"] == "main"]
    assert found or arm == "primary-best", f"no runs of {arm}"
    return found


def test_every_arm_has_its_runs(made: Plan, results: Path) -> None:
    arms = {row["arm"] for row in read(results, "training")}
    assert made.profile.training
    named = {arm.name for arm in made.profile.training.arms}
    assert named | {"primary", "floor"} <= arms
    assert len(runs(results, "primary")) == 2 * 2 * 2  # models, seeds, languages
    assert {row["status"] for row in runs(results, "primary")} <= {"ok", "undertrained"}


def test_the_primary_arm_comes_first_and_seed_after_seed(made: Plan) -> None:
    """So that what an unfinished run has trained already is a comparison."""
    trained = [cell for cell in made.cells if cell.kind == "training"]
    specs = [cell.params["spec"] for cell in trained]
    assert [one["arm"] for one in specs].count("primary") == 8
    assert [one["arm"] for one in specs[:16]] == ["primary", "primary-early"] * 8
    assert [(one["model"], one["seed"]) for one in specs[:16]] == [
        *[("tokenformer", 0)] * 4, *[("transformer", 0)] * 4,
        *[("tokenformer", 1)] * 4, *[("transformer", 1)] * 4,
    ]  # fmt: skip
    sweeps = {cell.params["spec"]["model"]: cell.turn for cell in in_order(made.cells)
              if cell.kind == "training" and cell.params["spec"]["arm"] == "sweep"}  # fmt: skip
    first = {one["model"]: cell.turn for cell, one in zip(trained[:8], specs[:8], strict=True)}
    assert sweeps["tokenformer"] < first["tokenformer"] < sweeps["transformer"]
    assert sweeps["transformer"] < first["transformer"] < trained[8].turn


def test_an_early_run_takes_the_path_of_the_run_that_it_begins(results: Path) -> None:
    """It ends, to the last bit, at the first annealed point of that run."""
    points = read(results, "curves", annealed="true")
    for run in runs(results, "primary"):
        place = {key: run[key] for key in ("model", "language", "seed")}
        (early,) = [one for one in runs(results, "primary-early") if place.items() <= one.items()]
        mine, its = ([p for p in points if p["run_id"] == one["run_id"]] for one in (early, run))
        assert float(mine[0]["units_seen"]) < float(its[0]["units_seen"])
        for column in ("units_seen", "tokens_seen", "flops_useful", "bits_per_unit"):
            assert mine[-1][column] == its[0][column]
    arms = {row["arm"].split("/")[0] for row in read(results, "convergence")}
    assert "primary" in arms and "primary-early" not in arms


def test_the_common_rate_is_used_and_what_it_costs_is_told(results: Path) -> None:
    chosen = read(results, "convergence", measure="common_lr")
    assert len(chosen) == 2 * 2
    for row in chosen:
        model = [run for run in runs(results, "primary") if run["model"] == row["model"]]
        assert {float(run["lr"]) for run in model} == {float(row["value"])}
    losses = [float(row["value"]) for row in
              read(results, "convergence", measure="common_over_best_bits")]  # fmt: skip
    assert min(losses) >= 1.0
    for row in read(results, "convergence", measure="best_lr"):
        own = [run for run in runs(results, "primary-best")
               if (run["model"], run["language"]) == (row["model"], row["language"])]  # fmt: skip
        assert {float(run["lr"]) for run in own} <= {float(row["value"])}


def test_every_row_is_of_one_content_of_its_corpus(results: Path) -> None:
    """A row of the sweep once named its corpus without the content: every claim was `mixed`."""
    found: dict[str, set[str]] = {}
    for name in ("tokenization", "costs", "evidence", "training", "convergence"):
        for row in read(results, name):
            corp = parse(row["signature"])["corp"]
            found.setdefault(corp.split("@")[0], set()).add(corp)
    assert found and all(len(contents) == 1 for contents in found.values()), found
    reasons = {row["reason"] or "" for row in read(results, "claims")}
    assert not any(reason.startswith("mixed results") for reason in reasons)


def test_budgets_hold_what_they_equalise(results: Path) -> None:
    for row in runs(results, "iso-token"):
        assert float(row["tokens"]) == pytest.approx(5000, rel=0.2)  # to half a step of 64 units
    for row in runs(results, "iso-flop"):
        assert float(row["flops_useful"]) == pytest.approx(1e9, rel=0.2)


def test_a_restricted_vocabulary_has_the_ids_that_occur(results: Path) -> None:
    (every,) = {row["vocabulary_size"] for row in runs(results, "bytes")}
    some = {row["language"]: int(row["vocabulary_size"]) for row in runs(results, "published")}
    assert every == "256" and max(some.values()) < 128
    texts = _tiny().texts(110)
    for language, size in some.items():
        assert size == len(set("".join(texts[language]).encode()))


def test_the_same_text_in_other_writings_has_the_tokens_it_should(results: Path) -> None:
    rows = {row["language"]: row for row in runs(results, "writings")}
    assert set(rows) == {"en", "en-2byte", "en-3byte", "zh", "zh-pinyin"}
    assert len({row["units"] for row in rows.values()}) == 1
    assert {row["corpus"] for row in rows.values()} == {"tales-rewritten"}
    two, three = (float(rows[one]["bits_per_unit"]) / float(rows[one]["bits_per_byte"])
                  for one in ("en-2byte", "en-3byte"))  # fmt: skip
    plain = float(rows["en"]["bits_per_unit"]) / float(rows["en"]["bits_per_byte"])
    assert plain < two < 2 * plain and three == pytest.approx(3 * plain)


def test_growth_pays_for_all_its_stages(results: Path) -> None:
    stages = read(results, "training", arm="growth")
    assert [row["stage"] for row in sorted(stages, key=lambda row: float(row["flops_useful"]))] == [
        "slots-3", "slots-6", "main",
    ]  # fmt: skip
    (grown,) = runs(results, "growth")
    (scratch,) = [row for row in runs(results, "primary") if row["seed"] == "0"
                  and (row["model"], row["language"]) == (grown["model"], "en")]  # fmt: skip
    assert grown["parameters_body"] == scratch["parameters_body"]
    assert float(grown["units"]) == pytest.approx(float(scratch["units"]), rel=0.1)
    assert 0 < float(grown["flops_useful"]) < float(scratch["flops_useful"])
    measured = {row["measure"] for row in read(results, "convergence", axis="flops")
                if row["arm"].startswith("growth/")}  # fmt: skip
    assert "cost_to_final_bits_ratio" in measured


def test_one_model_on_all_languages_stands_against_the_joint_vocabulary(results: Path) -> None:
    rows = runs(results, "multilingual")
    assert [row["language"] for row in rows] == ["en", "zh"]
    assert len({row["tokens"] for row in rows}) == 1
    against = {row["against"].split("/")[0] for row in read(results, "convergence")
               if row["arm"].startswith("multilingual/")}  # fmt: skip
    assert {"joint", "primary"} <= against


def test_a_pair_of_equal_arms_is_compared(results: Path) -> None:
    (row,) = [row for row in read(results, "convergence", measure="test_bits_ratio")
              if row["arm"].startswith("a-a/")]  # fmt: skip
    assert row["against"].startswith("primary/")
    assert float(row["value"]) == pytest.approx(1.0, abs=0.1)


def test_what_ten_percent_more_would_give_is_a_row_of_every_arm(results: Path) -> None:
    rows = read(results, "convergence", measure="gain_of_10_percent")
    assert {row["arm"].split("/")[0] for row in rows} >= {"primary", "joint", "bytes"}


def test_a_store_of_numbers_alone_goes_on_elsewhere(
    made: Plan, results: Path, tmp_path: Path
) -> None:
    """What `bench export` writes is merged into an empty store: nothing is trained again."""
    kinds = ("training", "floor", "rates")
    export(in_order(made.cells), kinds, Store(results / "store"), tmp_path / "numbers")
    found = merge([tmp_path / "numbers"], Store(tmp_path / "store"))
    assert found.taken and not found.refused
    watch = Silent()
    put_together(made, tmp_path, watch)
    assert watch.kinds and not watch.kinds & set(kinds)
    for name in ("training", "curves", "convergence", "claims"):
        assert (tmp_path / f"{name}.csv").read_bytes() == (results / f"{name}.csv").read_bytes()


def test_so_far_leaves_out_what_waits_for_training(
    made: Plan, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for root, kinds in ((results / "store", {"training", "floor"}), (tmp_path, {"floor"})):
        monkeypatch.setattr(runner, "open_store", lambda root=root: Store(root))
        left = runner.without_unfinished_training(made).cells
        assert {cell.kind for cell in left} >= kinds
        assert ("training" in {cell.kind for cell in left}) == ("training" in kinds)
    assert len(left) == sum(cell.kind != "training" for cell in made.cells)


def test_what_is_left_out_is_named_in_the_manifest(
    made: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "open_store", lambda: Store(tmp_path / "store"))
    left = runner.without_unfinished_training(made)
    assert left.unfinished and len(left.unfinished) + len(left.cells) == len(made.cells)
    manifest.write(left, [], tmp_path)
    assert manifest.read(tmp_path)["unfinished"] == list(left.unfinished)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('languages = ["en", "en-2byte"', 'languages = ["en", "en-4byte"', "en-4byte"),
        ("growth = [0.25, 0.5, 1.0]", "growth = [0.5, 0.25]", "growth"),
        ("{ occurring = true }", "{ ocurring = true }", "ocurring"),
        ('against = ["joint"]', 'against = ["joined"]', "joined"),
        ('models = ["FOLDER/tokenformer.toml"]\nlanguages = ["en"]\ngrowth',
         'models = ["FOLDER/transformer.toml"]\nlanguages = ["en"]\ngrowth', "only a tokenformer"),
        ('name = "a-a"', 'name = "joint"', "names of their own"),
        ('name = "a-a"', 'name = "joint-early"', "names in -early"),
        ("early = [0.2]", "early = [0.2, 0.5]", "below the first of budgets, 0.5"),
        ("early = [0.2]", "early = [0.2]\nwarmup = 0.5", "needs a warm-up"),
    ],
)  # fmt: skip
def test_an_arm_that_cannot_be_is_refused_by_name(
    made: Plan, old: str, new: str, said: str, tmp_path: Path
) -> None:
    assert made.profile.training
    folder = Path(made.profile.training.models[0]).parent
    assert old in PROFILE
    path = folder / f"{tmp_path.name}.toml"
    path.write_text(PROFILE.replace(old, new).replace("FOLDER", str(folder)))
    with pytest.raises(InputError, match=said):
        wanted = profile.load(str(path))
        plan(wanted, made.sources, "fp32")
