"""Curves told to a tracker are those of curves.csv."""

import pytest

from bench.cli import invoke
from bench.errors import InputError
from bench.results import read_table, write_table
from bench.tracking import points, track


def test_an_annealed_evaluation_is_a_series_of_its_own():
    row = dict.fromkeys(("epoch", "units_seen", "tokens_seen", "flops_useful"), 1.0)
    rows = [
        {**row, "flops_spent": None, "step": 4, "annealed": True, "bits_per_unit": 90.0},
        {**row, "flops_spent": None, "step": 4, "annealed": False, "bits_per_unit": 99.0},
    ]
    (step, running), (_, annealed) = points(rows)
    assert step == 4 and running["bits_per_unit"] == 99.0 and "flops_spent" not in running
    assert annealed["bits_per_unit_annealed"] == 90.0 and "bits_per_unit" not in annealed


def test_tensorboard_holds_every_point(built, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    rows = read_table(built, "curves")
    assert track(built, "tensorboard", tmp_path) == len({row["run_id"] for row in rows})
    for run_id in {row["run_id"] for row in rows}:
        events = EventAccumulator(str(tmp_path / run_id))
        events.Reload()
        logged = {(one.step, one.value) for one in events.Scalars("units_seen")}
        mine = {(row["step"], row["units_seen"]) for row in rows if row["run_id"] == run_id}
        assert logged == mine


@pytest.mark.parametrize("name", ["../../escaped", "/tmp/escaped", ".."])
def test_the_name_of_a_run_is_no_path(results, name, tmp_path):
    folder = results()
    rows = [row | {"run_id": name} for row in read_table(folder, "curves")[:1]]
    write_table(folder, "curves", rows)
    with pytest.raises(InputError, match="is no name of a run"):
        track(folder, "tensorboard", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("tracker", ["no-such-tracker", "all"])
def test_an_unknown_tracker_is_refused(built, tracker, tmp_path, capsys):
    assert invoke(["track", str(built), "--to", tracker, "--dir", str(tmp_path)]) == 2
    assert tracker in capsys.readouterr().err and not list(tmp_path.iterdir())
