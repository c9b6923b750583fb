"""The plan of a profile as a table in the terminal: cells by kind, then its training runs."""

from collections.abc import Iterable, Iterator, Mapping

from bench.arms import shape_name
from bench.cell import Cell, in_order
from bench.plan import Plan


def table(plan: Plan, finished: Iterable[Cell], took: Mapping[Cell, float], workers: int) -> str:
    """The table, as plain text of 80 columns; what is `finished` costs nothing more.

    `took` are the seconds of finished cells; beside them stands what the plan foresees for those.
    """
    cells, done = list(in_order(plan.cells)), set(finished)
    head = f"{'cells':<14}{'number':>8}{'core seconds':>14}{'in store':>10}"
    lines = [f"{head}{'foreseen':>12}{'took':>12}"]
    for kind in dict.fromkeys(cell.kind for cell in cells):
        lines.append(_line(kind, [cell for cell in cells if cell.kind == kind], done, took))
    seconds = sum(cell.price for cell in cells if cell not in done) / workers
    lines.append(f"about {seconds / 60:.1f} minutes with {workers} processes")
    return "\n".join([*lines, *_runs(plan, cells, took), *_skipped(plan)])


def _line(kind: str, own: list[Cell], done: set[Cell], took: Mapping[Cell, float]) -> str:
    to_do = sum(cell.price for cell in own if cell not in done)
    timed = [cell for cell in own if cell in took]
    stored = sum(cell in done for cell in own)
    line = f"{kind:<14}{len(own):>8}{to_do:>14,.0f}{stored:>10}"
    if not timed:
        return line
    foreseen, real = sum(cell.price for cell in timed), sum(took[cell] for cell in timed)
    return f"{line}{foreseen:>12,.0f}{real:>12,.0f}"


def _runs(plan: Plan, cells: list[Cell], took: Mapping[Cell, float]) -> Iterator[str]:
    """What one run of each kind sees and takes; runs that differ by seed or rate are one line."""
    runs = [cell for cell in cells if cell.predicted]
    if not runs:
        return
    memory = _Memory(plan)
    yield ""
    yield (f"{'training run':<30.30}{'runs':>5}{'tokens':>9}{'FLOPs':>9}{'step MiB':>9}"
           f"{'seconds':>9}{'took':>8}")  # fmt: skip
    for key in dict.fromkeys(_key(cell) for cell in runs):
        own = [cell for cell in runs if _key(cell) == key]
        known = [took[cell] for cell in own if cell in took]
        real = f"{sum(known) / len(known):,.0f}" if known else ""
        first = own[0]
        yield (f"{' '.join(key):<30.30}{len(own):>5}{first.predicted['tokens']:>9.2e}"
               f"{first.predicted['flops']:>9.2e}{memory.of(first):>9}{first.price:>9,.0f}"
               f"{real:>8}")  # fmt: skip


def _key(cell: Cell) -> tuple[str, ...]:
    spec = cell.params["spec"]
    arm = () if spec["arm"] == "primary" else (spec["arm"],)
    return (*arm, spec["model"], "+".join(spec["languages"]), cell.params["family"])


class _Memory:
    """Predicted peak of a run's largest step on a CPU; the same step is simulated once."""

    def __init__(self, plan: Plan) -> None:
        training = plan.profile.training
        named = (
            (*training.models, *(one for arm in training.arms for one in arm.models))
            if training
            else ()
        )
        self.models = {shape_name(one): one for one in named}
        self.found: dict[tuple[str, int, str], str] = {}

    def of(self, cell: Cell) -> str:
        """MiB, or nothing for what cannot be simulated."""
        from bench.costs import shapes
        from bench.costs.measure import Setting, predict
        from bench.errors import InputError
        from bench.forecast import ids_of

        spec = cell.params["spec"]
        size = ids_of(str(cell.params["family"]), bool(cell.params["occurring"])) + 1
        key = (str(spec["model"]), size, str(spec["precision"]))
        if key not in self.found:
            length = 256  # tokens of a row: a few units, as rectangles of a step have them
            rows = max(1, int(spec["chunk_tokens"]) // length)
            shape = shapes.load(self.models[key[0]]).with_vocabulary(size)
            try:
                peak = predict(Setting(shape, rows, length, key[2]))
                self.found[key] = f"{peak / 2**20:,.0f}"
            except InputError:
                self.found[key] = ""
        return self.found[key]


def _skipped(plan: Plan) -> list[str]:
    return [f"skipped: {one.name}: {one.skipped}" for one in plan.sources.skipped]
