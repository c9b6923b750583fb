"""The course of a run: its stages, their legs, and where it is looked at, kept and stopped."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.training import batches, budget, evaluation, meter, result
from bench.training.checkpoint import Progress
from bench.training.data import RunData, Split
from bench.training.loop import Counters, Trainer
from bench.training.models import stage_configs
from bench.training.schedule import Leg, evaluation_steps, legs, share_of_peak
from bench.training.spec import RunSpec

# Worse than the unigram model is divergence after a quarter of a stage's steps; but a short stage
# may be there because it has hardly begun: three of fifteen sound TokenFormers were at step 110.
UNIGRAM_AFTER_SHARE, UNIGRAM_AFTER_STEPS = 0.25, 200


class Stopped(KeyboardInterrupt):
    """The run was asked to stop; its checkpoint is written."""


@dataclass(frozen=True)
class Hooks:
    """How a course reaches the world: keeps a checkpoint, is asked to stop, says how far it is.

    `agreed` turns what one process finds due into what is due for all that train with it.
    """

    keep: Callable[[], None]
    every: float
    stop: Callable[[], bool]
    say: Callable[[str], None]
    agreed: Callable[[bool], bool] = bool


class Course:
    """One run under way; `progress` is all of it that a checkpoint holds."""

    def __init__(
        self, spec: RunSpec, data: RunData, progress: Progress, hooks: Hooks,
        make_trainer: Callable[..., Trainer] = Trainer,
    ) -> None:  # fmt: skip
        self.make_trainer = make_trainer
        self.spec, self.data, self.progress, self.hooks = spec, data, progress, hooks
        self.configs = stage_configs(spec, data.vocabularies[spec.languages[0]].size + 1)
        self.status, self.kept_at = "ok", time.perf_counter()
        train = data.splits["train"]
        every_sequence = batches.cut(train.documents, self.context)
        fitting = batches.within_limits(every_sequence, train.streams)
        self.sequences = every_sequence[fitting]
        self.left_out = every_sequence[~fitting]
        self.streams = {one: train.streams[one] for one in spec.languages}
        held_out = data.splits["validation"].streams
        self.unigram = {
            one: evaluation.unigram_bits(train.streams[one], held_out[one])
            for one in spec.languages
        }

    @property
    def context(self) -> int:
        """Units of a sequence on this corpus."""
        return self.data.context_units(self.spec.context_units)

    def finish(self) -> result.RunResult:
        """Run what is left of every stage."""
        trainer: Trainer | None = None
        while self.progress.stage < len(self.spec.stages) and self.status == "ok":
            trainer = self._stage(trainer)
        arrays = result.unit_arrays(self.data, "test", self.spec.languages)
        arrays["validation.documents"] = self.data.splits["validation"].documents
        arrays |= {name: one.numpy() for name, one in self.progress.bits.items()}
        points, stages = tuple(self.progress.points), tuple(self.progress.stages)
        about = {**result.setting(self.data), "spec": self.spec.to_dict(),
                 "context_units": self.context, "left_out": self._left_out(),
                 "scored_whole": self._scored_whole()}  # fmt: skip
        return result.RunResult(about, self.status, points, stages, arrays, self._timings())

    def _stage(self, before: Trainer | None) -> Trainer:
        number = self.progress.stage
        trainer = self._trainer(number, before)
        schedule = self.spec.stages[number].schedule
        steps = self._steps(trainer)
        plan = legs(schedule, steps)
        for leg in plan[self.progress.leg :]:
            last = leg is plan[-1]
            if leg.branch and not last and self.progress.trunk is None:
                self.progress.trunk = trainer.snapshot()
            self._leg(trainer, leg, last, steps)
            if self.status != "ok":
                break
            if self.progress.trunk is not None:
                trainer.restore(self.progress.trunk)
                self.progress.trunk = None
            self.progress.leg += 1
        self._close(trainer, steps)
        return trainer

    def _trainer(self, number: int, before: Trainer | None) -> Trainer:
        """The stage's trainer: from a checkpoint, grown from the stage before, or new."""
        from tokenformer import build, grow

        stage = self.spec.stages[number]
        snapshot, self.progress.trainer = self.progress.trainer, None
        if before is None or snapshot is not None:
            model = build(self.configs[number], seed=self.spec.seed)
        else:
            model = grow(before.model, seed=self.spec.seed, **stage.growth)
        offset = self.progress.stages[-1]["step"] if self.progress.stages else 0
        trainer = self.make_trainer(self.spec, number, model.to(self.spec.device), self.streams,
                                    self.sequences, offset)  # fmt: skip
        if snapshot is not None:
            trainer.restore(snapshot)
        elif before is not None and stage.moments == "carry":
            trainer.carry_moments(before)
        return trainer

    def _steps(self, trainer: Trainer) -> int:
        wanted = self.spec.stages[trainer.stage].budget
        return budget.steps(wanted, trainer.flops, self.sequences, self.streams,
                            self.spec.batch_units, self.spec.seed, trainer.offset)  # fmt: skip

    def _leg(self, trainer: Trainer, leg: Leg, last: bool, steps: int) -> None:
        """Train to the leg's end, looking at validation where that is due."""
        schedule = self.spec.stages[trainer.stage].schedule
        due = evaluation_steps(steps, self.spec.evaluations)
        while trainer.counters.step < leg.stop and self.status == "ok":
            step = trainer.counters.step
            self._train(trainer, share_of_peak(schedule, steps, leg, step))
            annealed = leg.branch and step + 1 == leg.stop
            on_path = last or not leg.branch
            if self.status == "ok" and (annealed or (on_path and step + 1 in due)):
                self._look(trainer, annealed, steps)
            if self.status == "ok":  # a checkpoint does not say that a run diverged
                self._keep_if_due(trainer)

    def _train(self, trainer: Trainer, share: float) -> None:
        before, start = trainer.counters, time.perf_counter()
        finite = trainer.step(share)
        self._measure("training", time.perf_counter() - start)
        self._measure("tokens", trainer.counters.tokens - before.tokens)
        self._measure("flops", trainer.counters.flops_useful - before.flops_useful)
        if not finite:
            self.status = "diverged"
            self.hooks.say(f"{self._name} step {trainer.counters.step}: the gradient is not finite")

    def _look(self, trainer: Trainer, annealed: bool, steps: int) -> None:
        """Read validation; a run that has learned less than unigrams by now has diverged."""
        units = dict(self._bits(trainer, "validation"))
        bits = {one: float(values.mean()) for one, values in units.items()}
        if annealed:
            self._keep_bits(units)
        late = trainer.counters.step > max(UNIGRAM_AFTER_SHARE * steps, UNIGRAM_AFTER_STEPS)
        lost = [one for one in bits if not bits[one] <= (self.unigram[one] if late else np.inf)]
        if lost:
            self.status = "diverged"
        seen = self._seen(trainer.counters)
        point = {"stage": self._stage_name, "annealed": annealed, **seen}
        point["bits"] = {one: value if np.isfinite(value) else None for one, value in bits.items()}
        self.progress.points.append(point)
        shown = ", ".join(f"{one} {value:.2f}" for one, value in bits.items())
        place = f"step {trainer.counters.step}/{steps} epoch {seen['epoch']:.2f}"
        ended = " annealed" if annealed else ""
        self.hooks.say(f"{self._name} {place}{ended}: {shown} bits/unit")

    def _keep_bits(self, units: Mapping[str, NDArray[np.float64]]) -> None:
        """Keep each validation unit's bits at an annealed point: contrasts resample documents."""
        import torch

        here = [point for point in self.progress.points if point["stage"] == self._stage_name]
        number = sum(point["annealed"] for point in here)
        for language, values in units.items():
            name = result.annealed_bits(self._stage_name, language, number)
            self.progress.bits[name] = torch.from_numpy(values.astype(np.float32))

    def _close(self, trainer: Trainer, steps: int) -> None:
        """End a stage: the test split is read here, once."""
        import torch

        from tokenformer import parameters

        body, embedding = parameters(trainer.model.config)
        facts = {
            **self._seen(trainer.counters),
            "name": self._stage_name,
            "planned_steps": steps,
            "clipped_share": trainer.counters.clipped / max(1, trainer.counters.step),
            "parameters_body": body,
            "parameters_embedding": embedding,
        }
        if self.status == "ok":
            for language, values in self._bits(trainer, "test"):
                name = result.test_bits(self._stage_name, language)
                self.progress.bits[name] = torch.from_numpy(values)
        self.progress.stages.append(facts)
        self.progress.stage, self.progress.leg = self.progress.stage + 1, 0

    def _bits(self, trainer: Trainer, split: str) -> Iterator[tuple[str, NDArray[np.float64]]]:
        start = time.perf_counter()
        part = self.data.splits[split]
        sequences = batches.cut(part.documents, self.context)
        for language in self.spec.languages:
            stream = part.streams[language]
            yield language, evaluation.unit_bits(trainer.model, stream, sequences)
        self._measure("evaluation", time.perf_counter() - start)

    def _seen(self, counters: Counters) -> dict[str, Any]:
        """Counters with those of the stages before: all stages are paid for."""
        names = ("step", "units", "tokens", "flops_useful", "flops_spent")
        seen: dict[str, Any] = {name: asdict(counters)[name] for name in names}
        if self.progress.stages:
            seen = {name: seen[name] + self.progress.stages[-1][name] for name in names}
        return {**seen, "epoch": seen["units"] / int(self.sequences.units.sum())}

    def _keep_if_due(self, trainer: Trainer) -> None:
        stopping = self.hooks.stop()
        if stopping or self.hooks.agreed(time.perf_counter() - self.kept_at > self.hooks.every):
            self.progress.trainer = trainer.snapshot()
            self.hooks.keep()
            self.progress.trainer, self.kept_at = None, time.perf_counter()
        if stopping:
            raise Stopped(f"{self._name}: stopped at step {trainer.counters.step}")

    def _measure(self, name: str, amount: float) -> None:
        self.progress.measured[name] = self.progress.measured.get(name, 0) + amount

    def _timings(self) -> tuple[dict[str, Any], ...]:
        measured = self.progress.measured
        peak, source = meter.peak_memory(self.spec.device)
        speed = meter.gemm_rate(self.spec.precision, self.spec.device)
        device = {} if self.spec.device == "cpu" else {"device": meter.accelerator()}
        training = {
            "phase": "training",
            **device,
            "seconds": measured["training"],
            "tokens_per_second": measured["tokens"] / measured["training"],
            "mfu": measured["flops"] / measured["training"] / speed,
            "peak_memory_bytes": peak,
            "memory_source": source,
            "threads": self.spec.threads,
        }
        looking = {"phase": "evaluation", **device, "seconds": measured.get("evaluation", 0.0),
                   "threads": self.spec.threads}  # fmt: skip
        return training, looking

    def _left_out(self) -> dict[str, int]:
        return {"sequences": len(self.left_out), "units": int(self.left_out.units.sum())}

    def _scored_whole(self) -> dict[str, dict[str, int]]:
        """Held-out sequences longer than the longest that is trained on, by split and language."""
        return {
            name: {one: self._longer(self.data.splits[name], one) for one in self.spec.languages}
            for name in ("validation", "test")
        }

    def _longer(self, part: Split, language: str) -> int:
        longest = batches.lengths(self.sequences, self.streams[language]).max()
        held_out = batches.cut(part.documents, self.context)
        return int((batches.lengths(held_out, part.streams[language]) > longest).sum())

    @property
    def _stage_name(self) -> str:
        return self.spec.stages[self.progress.stage].name

    @property
    def _name(self) -> str:
        return f"{self.spec.model} {'+'.join(self.spec.languages)} seed {self.spec.seed}"
