"""The figure of models grown by stages, beside the same models from scratch."""

from synthetic import training

from bench.report.charts import growth
from bench.report.data import load
from bench.report.scope import scope

LEARNT = {  # by run: arm, stage, units in all, and its annealed points (FLOPs, bits)
    "grown-0-a": ("growth", "slots-36", 50, [(3.0, 110.0)]),
    "grown-0-b": ("growth", "main", 100, [(4.0, 109.0), (8.0, 100.0)]),
    "grown-1-a": ("growth", "slots-36", 50, [(5.0, 112.0)]),
    "grown-1-b": ("growth", "main", 100, [(6.0, 111.0), (10.0, 102.0)]),
    "whole-0": ("primary", "main", 100, [(1.0, 140.0), (4.0, 118.0), (11.0, 103.0)]),
    "whole-1": ("primary", "main", 100, [(1.0, 144.0), (6.0, 120.0), (13.0, 105.0)]),
    "slow-0": ("lower-rate", "main", 100, [(12.0, 101.0)]),
    "short-0": ("released-init", "main", 10, [(12.0, 90.0)]),
}


def drawn(results):
    base = next(row for row in training() if row["run_id"] == "tokenformer-2m-en-test")
    rows, curves = [], []
    for run, (arm, stage, units, points) in LEARNT.items():
        rows.append({**base, "run_id": run, "arm": arm, "stage": stage, "units": units,
                     "seed": int(run.split("-")[1]), "status": "ok"})  # fmt: skip
        curves += [{"run_id": run, "step": place, "epoch": 1.0, "annealed": True,
                    "units_seen": units - 10 * (len(points) - place), "tokens_seen": 5,
                    "flops_useful": flops, "flops_spent": flops, "bits_per_unit": bits}
                   for place, (flops, bits) in enumerate(points)]  # fmt: skip
    held = load(results(training=rows, curves=curves))
    return growth.chart(held, scope(held), {"growth"}), {row["run_id"]: row for row in held.runs()}


def test_a_stage_is_shown_by_its_end_and_only_what_read_as_much_stands_beside_it(results):
    chart, _ = drawn(results)
    shown = {(row["run_id"], row["bits_per_unit"]) for row in chart.rows}
    assert shown == {
        ("grown-0-a", 110.0), ("grown-0-b", 100.0), ("grown-1-a", 112.0), ("grown-1-b", 102.0),
        ("whole-0", 118.0), ("whole-0", 103.0), ("whole-1", 120.0), ("whole-1", 105.0),
        ("slow-0", 101.0),
    }  # fmt: skip


def test_a_line_is_the_mean_over_seeds_point_by_point(results):
    chart, runs = drawn(results)
    of = {arm: [row for row in chart.rows if runs[row["run_id"]]["arm"] == arm]
          for arm in ("growth", "primary")}  # fmt: skip
    assert growth._means(of["growth"], runs) == ([4.0, 9.0], [111.0, 101.0])
    assert growth._means(of["primary"], runs) == ([5.0, 12.0], [119.0, 104.0])
    figure = chart.draw()
    assert len(figure.axes) == 1  # English alone was trained
    said = {text.get_text() for text in figure.legends[0].get_texts()}
    assert said == {"growth, 2 seeds", "from scratch, 2 seeds", "lower-rate, 1 seed"}
