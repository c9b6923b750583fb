"""A training run: a pure function of its spec and its data.

It can be killed at any moment and started again with the same arguments: it goes on from its last
checkpoint and ends with the same bytes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import InputError
from bench.training import checkpoint, meter
from bench.training.checkpoint import Progress
from bench.training.course import Course, Hooks, Stopped
from bench.training.data import RunData
from bench.training.loop import Trainer
from bench.training.models import stage_configs
from bench.training.result import RunResult
from bench.training.spec import RunSpec

__all__ = ["Stopped", "begun", "check_data", "run"]


def run(
    spec: RunSpec,
    data: RunData,
    out: Path,
    *,
    checkpoints: Path | None = None,
    every: float = 60.0,
    stop: Callable[[], bool] = lambda: False,
    say: Callable[[str], None] = lambda line: None,
    make_trainer: Callable[..., Trainer] = Trainer,
    writes: bool = True,
    agreed: Callable[[bool], bool] = bool,
    whole: Callable[[Progress], Progress] = lambda progress: progress,
) -> RunResult:
    """Train, evaluate, read the test split once, and save the result in `out`.

    A checkpoint is kept in `checkpoints` every `every` seconds, for the caller to remove once the
    result is safe; without `checkpoints` it is kept in `out` and removed here. `stop` is asked
    after each step: if true, a checkpoint is written and Stopped raised.
    Of several processes that train one model together (bench.training.distributed) one `writes`;
    where each holds a part of it, they are `agreed` on when, and `whole` puts the parts together.
    Raises InputError, before any compute, for data or a checkpoint that do not fit the spec.
    """
    import torch

    folder = checkpoints or out
    progress = begun(spec, data, folder)
    meter.reset_peak_memory(spec.device)

    def keep() -> None:
        kept = whole(progress)
        if writes:
            checkpoint.save(folder, kept, _identity(spec, data))

    hooks = Hooks(keep, every, stop, say, agreed)
    with _threads(spec.threads), torch.random.fork_rng(devices=[]):
        found = Course(spec, data, progress, hooks, make_trainer).finish()
    if writes:
        found.save(out)
        if checkpoints is None:
            checkpoint.remove(out)
    return found


def begun(spec: RunSpec, data: RunData, folder: Path) -> Progress:
    """Where the run stands in a folder of checkpoints; new if there is none.

    Raises InputError for a device that is not here, and for data or a checkpoint that do not fit.
    """
    import torch

    if spec.device == "cuda" and not torch.cuda.is_available():
        raise InputError("training: device cuda, but there is no CUDA device here: run it where "
                         "there is one, or with device cpu")  # fmt: skip
    check_data(spec, data)
    return checkpoint.load(folder, _identity(spec, data)) or Progress()


def _identity(spec: RunSpec, data: RunData) -> str:
    return f"{spec.digest} {data.digest}"


def check_data(spec: RunSpec, data: RunData) -> None:
    """Refuse data that the spec cannot be run on."""
    for language in spec.languages:
        if language not in data.vocabularies:
            raise InputError(f"training: no language {language!r} in corpus {data.corpus}: use one "
                             f"of {', '.join(data.languages)}")  # fmt: skip
    sizes = {data.vocabularies[one].size for one in spec.languages}
    if len({data.vocabularies[one].digest for one in spec.languages}) > 1:
        raise InputError(f"training: one model on {', '.join(spec.languages)} needs one joint "
                         f"vocabulary, {data.family} has several: use a joint one")  # fmt: skip
    if spec.batch_units > data.splits["train"].units:
        raise InputError(f"training: batch_units {spec.batch_units} is more than the "
                         f"{data.splits['train'].units} train units of {data.corpus}: give a "
                         "smaller batch or a larger corpus")  # fmt: skip
    stage_configs(spec, sizes.pop() + 1)


@contextmanager
def _threads(number: int) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
