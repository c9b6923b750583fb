import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import cells
from bench.cell import Cell
from bench.costs import flops
from bench.errors import InputError
from bench.executors import compute
from bench.store import Store
from bench.training import batches, budget, checkpoint, course, rows, run, single
from bench.training.data import RunData
from bench.training.loop import Trainer
from bench.training.result import RESULT, UNITS, RunResult
from bench.training.spec import Budget, Optimiser, RunSpec, Schedule, Stage

Spec = Callable[..., RunSpec]
Make = Callable[..., RunData]


def files(folder: Path) -> tuple[bytes, bytes]:
    return (folder / RESULT).read_bytes(), (folder / UNITS).read_bytes()


def stopper(after: int) -> Callable[[], bool]:
    """True at the `after`-th question."""
    asked = iter(range(10_000))
    return lambda: next(asked) == after - 1


def test_two_runs_leave_the_same_bytes(data: RunData, spec: Spec, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run.run(spec(), data, tmp_path / name)
    assert files(tmp_path / "one") == files(tmp_path / "two")


@pytest.mark.parametrize(
    ("after", "precision"), [(1, "fp32"), (5, "fp32"), (9, "fp32"), (9, "bf16"), (13, "fp32")]
)
def test_killed_and_resumed_is_as_never_killed(
    data: RunData, spec: Spec, tmp_path: Path, after: int, precision: str
) -> None:
    """Stopped in the trunk, in a decay branch and near the end; dropout is on."""
    wanted = spec(precision=precision)
    run.run(wanted, data, tmp_path / "whole")
    with pytest.raises(run.Stopped):
        run.run(wanted, data, tmp_path / "cut", stop=stopper(after))
    run.run(wanted, data, tmp_path / "cut")
    assert files(tmp_path / "cut") == files(tmp_path / "whole")
    assert not (tmp_path / "cut" / checkpoint.FILE).exists()


def test_a_checkpoint_elsewhere_stays_until_its_owner_has_the_result(
    data: RunData, spec: Spec, tmp_path: Path
) -> None:
    run.run(spec(), data, tmp_path / "out", checkpoints=tmp_path / "kept", every=0.0)
    assert (tmp_path / "kept" / checkpoint.FILE).is_file()
    first = files(tmp_path / "out")
    run.run(spec(), data, tmp_path / "out", checkpoints=tmp_path / "kept")
    assert files(tmp_path / "out") == first


def test_a_run_outside_a_profile_keeps_its_checkpoint_until_its_tables_are_written(
    data: RunData, spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / checkpoint.FILE
    with pytest.raises(run.Stopped):
        single.train_once(spec(), data, tmp_path, str, stopper(9), floors=())
    with monkeypatch.context() as full:
        full.setattr(single, "write_table", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(OSError, match="full"):
            single.train_once(spec(), data, tmp_path, str, floors=())
    assert kept.is_file()
    single.train_once(spec(), data, tmp_path, str, floors=())
    assert not kept.exists() and (tmp_path / "training.csv").is_file()


def test_a_cell_that_fails_after_its_training_goes_on_from_the_checkpoint(
    data: RunData, spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full when the rows are written: the next try computes few steps or none."""
    cell, store, wanted = Cell("training", {"spec": spec().to_dict()}), Store(tmp_path), []
    monkeypatch.setattr(cells, "_run_data", lambda work: data)
    monkeypatch.setitem(run.run.__kwdefaults__, "every", 0.0)
    step = Trainer.step
    monkeypatch.setattr(Trainer, "step", lambda *given: wanted.append(1) or step(*given))
    with monkeypatch.context() as full:
        full.setattr(rows, "curve_rows", lambda result: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(InputError, match="the disk is full"):
            compute(store, cell)
    whole = len(wanted)
    assert compute(store, cell).json("rows.json")["training"] and whole > 10
    assert len(wanted) - whole <= 1 and not store.checkpoints(cell).exists()


def test_checkpoints_at_every_step_change_nothing(
    data: RunData, spec: Spec, tmp_path: Path
) -> None:
    run.run(spec(), data, tmp_path / "often", every=0.0)
    run.run(spec(), data, tmp_path / "never", every=1e9)
    assert files(tmp_path / "often") == files(tmp_path / "never")


def test_equal_texts_under_two_names_learn_equally(
    make_data: Make, spec: Spec, tmp_path: Path
) -> None:
    """An A/A pair: the same text called `en` and `xx` gives the same curve and bits."""
    data = make_data({"en": "en", "xx": "en", "ru": "ru"})
    one, two = (run.run(spec(languages=(name,)), data, tmp_path / name) for name in ("en", "xx"))
    strip = [[{**p, "bits": list(p["bits"].values())} for p in r.points] for r in (one, two)]
    assert strip[0] == strip[1]
    np.testing.assert_array_equal(one.arrays["bits.main.en"], two.arrays["bits.main.xx"])


def test_all_languages_have_seen_the_same_units_at_every_point(
    data: RunData, spec: Spec, tmp_path: Path
) -> None:
    results = [run.run(spec(languages=(one,)), data, tmp_path / one) for one in data.languages]
    seen = [[(p["step"], p["units"], p["annealed"]) for p in r.points] for r in results]
    assert seen[0] == seen[1] == seen[2]
    assert len({r.stages[0]["tokens"] for r in results}) == 3


def test_learning_happens_and_bits_are_kept(data: RunData, spec: Spec, tmp_path: Path) -> None:
    wanted = spec(budget=Budget("content", 10.0), optimiser=Optimiser(lr=3e-2))
    result = run.run(wanted, data, tmp_path)
    annealed = [p["bits"]["en"] for p in result.points if p["annealed"]]
    assert len(annealed) == 5
    assert annealed[-1] < 0.8 * annealed[0]
    (row,) = rows.training_rows(RunResult.load(tmp_path))
    assert row["status"] == "ok"
    assert row["bits_per_unit"] == pytest.approx(result.arrays["bits.main.en"].mean())
    assert row["units"] == round(10 * data.splits["train"].units)
    assert 0.5 < row["flops_useful"] / row["flops_spent"] <= 1.0


def test_a_branch_leaves_the_trunk_as_it_was(data: RunData, spec: Spec, tmp_path: Path) -> None:
    """The last point of a run with five branches is that of a run with one."""
    many = run.run(spec(), data, tmp_path / "many")
    one = run.run(spec(schedule=Schedule(budgets=(1.0,))), data, tmp_path / "one")
    assert many.points[-1] == one.points[-1]
    assert len(many.points) > len(one.points)


def test_worse_than_unigrams_late_in_the_run_is_diverged_not_an_error(
    data: RunData, spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course.evaluation, "unigram_bits", lambda *streams: 1.0)
    monkeypatch.setattr(course, "UNIGRAM_AFTER_STEPS", 0)
    result = run.run(spec(), data, tmp_path)
    assert result.status == "diverged"
    (row,) = rows.training_rows(result)
    assert row["status"] == "diverged" and "bits_per_unit" not in row
    assert 0.25 * 12 < result.stages[0]["step"] < result.stages[0]["planned_steps"] == 12


def test_a_gradient_that_is_not_finite_stops_the_run(
    data: RunData, spec: Spec, tmp_path: Path
) -> None:
    result = run.run(spec(optimiser=Optimiser(loss_scale=1e38)), data, tmp_path)
    assert result.status == "diverged"
    assert result.stages[0]["step"] == 1


def test_checkpoint_of_another_configuration_is_refused(
    data: RunData, make_data: Make, spec: Spec, tmp_path: Path
) -> None:
    with pytest.raises(run.Stopped):
        run.run(spec(), data, tmp_path, stop=stopper(3))
    before = (tmp_path / checkpoint.FILE).read_bytes()
    with pytest.raises(InputError, match="another configuration"):
        run.run(spec(seed=1), data, tmp_path)
    with pytest.raises(InputError, match="another configuration"):
        run.run(spec(), make_data({"en": "en", "ru": "ru"}), tmp_path)
    assert (tmp_path / checkpoint.FILE).read_bytes() == before


def test_damaged_checkpoint_is_named(data: RunData, spec: Spec, tmp_path: Path) -> None:
    (tmp_path / checkpoint.FILE).write_bytes(b"not a checkpoint")
    with pytest.raises(InputError, match=r"checkpoint\.safetensors is damaged"):
        run.run(spec(), data, tmp_path)


def test_a_corpus_without_order_has_one_unit_a_sequence(
    make_data: Make, spec: Spec, tmp_path: Path
) -> None:
    data = make_data({"en": "en", "zh": "zh"}, order="none")
    result = run.run(spec(), data, tmp_path)
    (row,) = rows.training_rows(result)
    assert row["context_units"] == 1


@pytest.mark.parametrize("kind", ["token", "flop"])
def test_token_and_flop_budgets_are_met_to_half_a_step(
    data: RunData, spec: Spec, tmp_path: Path, kind: Any
) -> None:
    whole = run.run(spec(budget=Budget("content", 1.0)), data, tmp_path / "whole").stages[0]
    name = {"token": "tokens", "flop": "flops_useful"}[kind]
    half = Budget(kind, whole[name] / 2)
    result = run.run(spec(budget=half), data, tmp_path / kind).stages[0]
    assert result[name] == pytest.approx(whole[name] / 2, rel=0.5 / 3 + 0.05)


def test_a_later_stage_counts_its_budget_from_where_it_begins(data: RunData, spec: Spec) -> None:
    """The batches of the first epoch are not those that it will see."""
    streams = {"en": data.splits["train"].streams["en"]}
    sequences = batches.cut(data.splits["train"].documents, 4)
    held = batches.lengths(sequences, streams["en"])
    for offset in (0, 2, 5):
        taken = [one for number in (0, 1, 2) for one in batches.epoch(sequences, 16, 3, number)]
        wanted = int(held[np.concatenate(taken[offset : offset + 4])].sum())
        args = (Budget("token", wanted), flops.Flops(1.0, 0.0), sequences, streams, 16, 3)
        assert budget.steps(*args, offset) == 4


def test_held_out_sequences_longer_than_any_that_is_trained_on_are_counted(
    data: RunData, spec: Spec, tmp_path: Path
) -> None:
    about = run.run(spec(), data, tmp_path).about
    train, test = (data.splits[one] for one in ("train", "test"))
    context = about["context_units"]
    fitting = batches.within_limits(batches.cut(train.documents, context), train.streams)
    longest = batches.lengths(batches.cut(train.documents, context)[fitting], train.streams["en"])
    held = batches.lengths(batches.cut(test.documents, context), test.streams["en"])
    assert about["scored_whole"]["test"] == {"en": int((held > longest.max()).sum())}


def test_what_cannot_go_on_is_refused_before_the_floors(
    data: RunData, spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single, "floor", lambda *_: pytest.fail("a floor was computed"))
    with pytest.raises(InputError, match="batch_units 512"):
        single.train_once(spec(batch_units=512), data, tmp_path, str)
    with pytest.raises(run.Stopped):
        run.run(spec(seed=1), data, tmp_path, stop=stopper(3))
    with pytest.raises(InputError, match="another configuration"):
        single.train_once(spec(), data, tmp_path, str)


def test_one_model_on_several_languages(data: RunData, spec: Spec, tmp_path: Path) -> None:
    result = run.run(spec(languages=("en", "ru", "zh")), data, tmp_path)
    found = rows.training_rows(result)
    assert [row["language"] for row in found] == ["en", "ru", "zh"]
    assert len({row["run_id"] for row in found}) == 3
    assert found[0]["tokens"] == result.stages[0]["tokens"]
    curve = rows.curve_rows(result)
    assert len({(row["run_id"], row["step"], row["annealed"]) for row in curve}) == len(curve)


def test_timings_stay_out_of_the_result(data: RunData, spec: Spec, tmp_path: Path) -> None:
    result = run.run(spec(), data, tmp_path)
    assert result.timings[0]["tokens_per_second"] > 0
    assert result.timings[0]["peak_memory_bytes"] > 10_000_000
    assert b"seconds" not in (tmp_path / RESULT).read_bytes()
    assert RunResult.load(tmp_path).timings == ()


def test_the_global_generator_and_threads_are_left_alone(
    data: RunData, spec: Spec, tmp_path: Path
) -> None:
    import torch

    torch.manual_seed(11)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    run.run(spec(), data, tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"batch_units": 0}, "batch_units"),
        ({"batch_units": 4, "context_units": 3}, "context_units"),
        ({"batch_units": 1, "context_units": 1}, "batch_units"),
        ({"seed": 2**70}, "seed"),
        ({"languages": ("en", "en")}, "name each language once"),
        ({"budget": Budget("content", math.inf)}, "budget"),
        ({"precision": "fp8"}, "fp8"),
        ({"languages": ()}, "language"),
        ({"budget": Budget("content", 0.0)}, "budget"),
        ({"schedule": Schedule(budgets=(0.5, 0.25, 1.0))}, "budgets"),
        ({"optimiser": Optimiser(lr=3.0)}, "lr"),
    ],
)
def test_impossible_specs_are_refused_by_name(
    spec: Spec, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(InputError, match=named):
        spec(**changes)


def test_impossible_data_are_refused_before_training(
    data: RunData, spec: Spec, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no language 'de'"):
        run.run(spec(languages=("de",)), data, tmp_path)
    other = replace(data.vocabularies["ru"], digest="b" * 64)
    apart = replace(data, vocabularies={**data.vocabularies, "ru": other})
    with pytest.raises(InputError, match="needs one joint vocabulary"):  # as large, not the same
        run.run(spec(languages=("en", "ru")), apart, tmp_path)
    with pytest.raises(InputError, match="batch_units 512"):
        run.run(spec(batch_units=512), data, tmp_path)
    with pytest.raises(InputError, match="slots"):
        wrong = {**spec().stages[0].model, "architecture": "tokenformer", "slots": 0}
        run.run(spec(fields=wrong), data, tmp_path)
    assert not list(tmp_path.iterdir())


SLOTS = {"architecture": "tokenformer", "width": 16, "layers": 1, "heads": 2, "slots": 6}


def grown(spec: Spec, **growth: Any) -> RunSpec:
    """Two stages of one epoch each, 6 slots and then 12."""
    one_point = Schedule(budgets=(1.0,))
    first = Stage(SLOTS, Budget("content", 1.0), Optimiser(lr=2e-2), one_point, "small")
    second = Stage({}, first.budget, first.optimiser, one_point, "grown", {"slots": 12}, **growth)
    return spec(stages=(first, second))


@pytest.mark.parametrize("moments", ["reset", "carry"])
def test_a_grown_stage_goes_on_and_pays_for_the_stage_before(
    data: RunData, spec: Spec, tmp_path: Path, moments: Any
) -> None:
    result = run.run(grown(spec, moments=moments), data, tmp_path)
    small, large = rows.training_rows(result)
    assert (small["stage"], large["stage"]) == ("small", "grown")
    assert large["parameters_body"] > small["parameters_body"]
    assert large["units"] == 2 * small["units"]
    assert large["flops_useful"] > 2 * small["flops_useful"]
    assert large["bits_per_unit"] < small["bits_per_unit"]
    before, after = (p["bits"]["en"] for p in result.points if p["step"] in (6, 7))
    assert after < before * 1.1  # growing preserved what was learned


@pytest.mark.parametrize("after", [4, 9])
def test_a_grown_run_resumes_as_never_killed(
    data: RunData, spec: Spec, tmp_path: Path, after: int
) -> None:
    wanted = grown(spec, moments="carry")
    run.run(wanted, data, tmp_path / "whole")
    with pytest.raises(run.Stopped):
        run.run(wanted, data, tmp_path / "cut", stop=stopper(after))
    run.run(wanted, data, tmp_path / "cut")
    assert files(tmp_path / "cut") == files(tmp_path / "whole")


def test_growth_that_cannot_be_is_refused_before_training(
    data: RunData, spec: Spec, tmp_path: Path
) -> None:
    stage = spec().stages[0]
    with pytest.raises(InputError, match="only a tokenformer grows"):
        more = Stage({}, growth={"slots": 12}, name="more")
        run.run(spec(stages=(stage, more)), data, tmp_path)
    for growth, said in (({"slots": 12, "method": "anneal"}, "method 'anneal'"),
                         ({"slot": 12}, "no growth by slot")):  # fmt: skip
        with pytest.raises(InputError, match=said):
            spec(stages=(stage, Stage({}, growth=growth, name="more")))
    for growth, said in (({"slots": 5}, "5 slots after 6: a model only grows"),
                         ({"slots": 12, "projection_slots": 13}, "differ from slots")):  # fmt: skip
        with pytest.raises(InputError, match=said):
            run.run(spec(stages=(*grown(spec).stages[:1], Stage({}, growth=growth, name="more"))),
                    data, tmp_path)  # fmt: skip
    with pytest.raises(InputError, match="every later one a growth"):
        spec(stages=(stage, Stage(SLOTS, name="more")))
    assert not list(tmp_path.iterdir())
