"""The report sets what a plan foresaw of training runs beside what was counted."""

from bench.report.data import Results
from bench.report.number import Number
from bench.report.sections.provenance import _foreseen

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
