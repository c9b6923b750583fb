"""What training runs take on stated GPUs: memory of a step, and hours at an assumed utilisation."""

from collections.abc import Iterator, Sequence

from bench.cell import Cell
from bench.cli.run_names import by_kind, heading_lines, row
from bench.cost_section import shape_name
from bench.costs.inference import DEVICES
from bench.forecast import beyond
from bench.plan import Plan
from bench.profile import Profile

WIDTH = 36  # of the column of names
LENGTH = 256  # tokens of a row: a few units, as rectangles of a step have them


def gpu_lines(profile: Profile, memory: "Memory", runs: Sequence[Cell]) -> Iterator[str]:
    """Hours of one run of each kind on one GPU, by device; nothing where none is stated."""
    gpus = profile.gpus
    if not gpus.devices or not runs:
        return
    yield ""
    yield (f"hours on one GPU at {gpus.utilisation:.0%} of its dense bf16 peak, as the profile "
           "assumes")  # fmt: skip
    yield f"{'training run':<{WIDTH}}{'runs':>5}{'step GiB':>9}{_columns(gpus.devices)}"
    for heading, languages in by_kind(runs).items():
        yield from heading_lines(heading)
        for name, own in languages.items():
            yield from row(name, _numbers(profile, memory, own), WIDTH)


def _numbers(profile: Profile, memory: "Memory", own: Sequence[Cell]) -> str:
    peak = memory.of(own[0])
    size = "" if peak is None else f"{peak / 2**30:.1f}"
    hours = [_hours(profile, own[0], one, peak) for one in profile.gpus.devices]
    return f"{len(own):>5}{size:>9}{_columns(hours)}"


def _columns(texts: Sequence[str]) -> str:
    return "".join(f"{text:>10}" for text in texts)


def _hours(profile: Profile, cell: Cell, device: str, peak: int | None) -> str:
    """Hours, `too large` for the device, or nothing where its peak is not that of the run."""
    if cell.params["spec"]["precision"] != "bf16":
        return ""
    if peak is not None and peak > DEVICES[device].memory:
        return "too large"
    flops = cell.predicted["flops"] * _beyond(profile, str(cell.params["spec"]["arm"]))
    hours = profile.gpus.seconds(flops, device) / 3600
    return f"{hours:,.0f}" if hours >= 10 else f"{hours:.2g}"


def _beyond(profile: Profile, name: str) -> float:
    training = profile.training
    if training is None:
        raise ValueError("the profile trains nothing")
    arms = [arm for arm in training.arms if arm.name == name]
    settings = training.changed(arms[0]) if arms else training
    return beyond(settings)


class Memory:
    """Predicted peak of a run's largest step on its device; the same step is simulated once."""

    def __init__(self, plan: Plan) -> None:
        training = plan.profile.training
        named = (
            (*training.models, *(one for arm in training.arms for one in arm.models))
            if training
            else ()
        )
        self.models = {shape_name(one): one for one in named}
        self.found: dict[tuple[object, ...], int | None] = {}

    def mebibytes(self, cell: Cell) -> str:
        """MiB, or nothing for what cannot be simulated."""
        peak = self.of(cell)
        return "" if peak is None else f"{peak / 2**20:,.0f}"

    def of(self, cell: Cell) -> int | None:
        """Bytes, or None for what cannot be simulated."""
        from bench.forecast import ids_of

        spec = cell.params["spec"]
        size = ids_of(str(cell.params["family"]), bool(cell.params["occurring"])) + 1
        rows = max(1, int(spec["chunk_tokens"]) // LENGTH)
        key = (str(spec["model"]), size, str(spec["precision"]), rows, str(spec["device"]))
        if key not in self.found:
            self.found[key] = self._peak(*key)
        return self.found[key]

    def _peak(self, model: str, size: int, precision: str, rows: int, device: str) -> int | None:
        from bench.costs import shapes
        from bench.costs.measure import Setting, predict
        from bench.errors import InputError

        shape = shapes.load(self.models[model]).with_vocabulary(size)
        try:
            return predict(Setting(shape, rows, LENGTH, precision, device=device))
        except InputError:
            return None
