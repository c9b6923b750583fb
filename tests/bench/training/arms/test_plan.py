"""The plan of every arm: what comes first, what an unfinished run leaves out, what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench import manifest, profile, runner
from bench.cell import in_order
from bench.errors import InputError
from bench.plan import Plan, plan
from bench.store import Store


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


def test_so_far_leaves_out_what_waits_for_training(
    made: Plan, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for root, kinds in ((results / "store", {"training", "floor"}), (tmp_path, {"floor"})):
        monkeypatch.setattr(runner, "open_store", lambda root=root: Store(root))
        left = runner.without_unfinished_training(made).cells
        assert {cell.kind for cell in left} >= kinds
        assert ("training" in {cell.kind for cell in left}) == ("training" in kinds)
    assert len(left) == sum(cell.kind != "training" for cell in made.cells)


def test_so_far_a_damaged_run_is_left_out_and_each_run_is_read_once(
    made: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What merely looks finished would be trained."""
    run = next(cell for cell in in_order(made.cells) if cell.kind == "training")  # of the sweep
    made = replace(made, cells=(run, *made.cells))
    store, read, get = Store(tmp_path), list[str](), Store.get
    with store.scratch(run) as folder:
        (folder / "rows.json").write_text("{}")
        store.finish(run, folder, {})
    monkeypatch.setattr(runner, "open_store", lambda: store)
    assert run in runner.without_unfinished_training(made).cells
    (store.folder(run.key) / "rows.json").write_text("[]")
    monkeypatch.setattr(Store, "get", lambda own, cell: read.append(cell.key) or get(own, cell))
    assert run.label in runner.without_unfinished_training(made).unfinished
    assert len(read) == len(set(read))


def test_what_is_left_out_is_named_in_the_manifest(
    made: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "open_store", lambda: Store(tmp_path / "store"))
    left = runner.without_unfinished_training(made)
    assert left.unfinished and len(left.unfinished) + len(left.cells) == len(made.cells)
    manifest.write(left, [], tmp_path)
    assert manifest.read(tmp_path)["unfinished"] == list(left.unfinished)


def test_results_without_a_segmenter_are_other_cells_than_those_with_it(
    made: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    vocabularies = made.profile.vocabularies
    words = vocabularies.model_copy(update={"words": vocabularies.trained})
    wanted = made.profile.model_copy(update={"vocabularies": words})

    def keys() -> set[str]:
        cells = plan(wanted, made.sources, "fp32").cells
        return {cell.key for cell in cells if cell.params.get("words")}

    whole = keys()
    monkeypatch.setattr("bench.plan.missing", lambda languages: ["jieba-0.42.1"])
    assert whole and not keys() & whole


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
    made: Plan, folder: Path, old: str, new: str, said: str, tmp_path: Path
) -> None:
    text = (Path(__file__).parent / "arms.toml").read_text()
    assert old in text
    path = folder / f"{tmp_path.name}.toml"
    path.write_text(text.replace(old, new).replace("FOLDER", str(folder)))
    with pytest.raises(InputError, match=said):
        wanted = profile.load(str(path))
        plan(wanted, made.sources, "fp32")
