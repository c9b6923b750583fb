"""The report sets what a plan foresaw beside what was counted, and says what is not yet."""

from bench.report.data import Results
from bench.report.number import Number
from bench.report.sections.provenance import _cautions, _foreseen, _unfinished

FORECAST = {"tokenformer-2m en bpe seed 0": {"tokens": 1000.0, "flops": 2e12},
            "a run that diverged": {"tokens": 5.0, "flops": 1.0}}  # fmt: skip


def results(**manifest):
    rows = ({"run_id": "r0", "tokens": 900, "flops_useful": 1.8e12},)
    return Results("quick", {"training": rows}, manifest)


def test_a_run_that_was_finished_is_compared():
    table = _foreseen(results(forecast=FORECAST, runs={next(iter(FORECAST)): "r0"}))
    ((_, *numbers),) = table.rows
    assert [one.value for one in numbers if isinstance(one, Number)] == [1000, 900, 2e12, 1.8e12]


def test_results_of_an_older_version_have_no_such_table():
    assert _foreseen(results()).rows == ()


def test_cells_that_wait_for_training_are_counted_and_named():
    waiting = results(unfinished=["growth: tokenformer-3m en seed 0", "rates for tokenformer-3m"])
    assert any("2 cells wait" in str(one) for one in _cautions(waiting))
    assert len(_unfinished(waiting).rows) == 2
    assert _unfinished(results()).rows == () and not list(_cautions(results(unfinished=[])))
