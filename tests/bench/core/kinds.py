"""Cells that the tests compute: one adds, one cannot exist, one is killed."""

import json
import os
import time

from bench.executors import Empty, Work


def add(work: Work) -> None:
    """The sum of its number and its inputs' sums; leaves a line in a shared log."""
    total = work.params["number"] + sum(one.json("sum.json") for one in work.inputs)
    with open(work.params["log"], "a") as log:  # noqa: PTH123 - one write, seen by all processes
        log.write(f"{work.params['number']}\n")
    time.sleep(work.params.get("seconds", 0))
    (work.folder / "sum.json").write_text(json.dumps(total))


def impossible(work: Work) -> None:
    """No such result."""
    raise Empty("the text supports no vocabulary of this size")


def dies(work: Work) -> None:
    """As if the kernel had killed it."""
    (work.folder / "half.json").write_text("{")
    os._exit(9)
