"""A model on disk: `config.json` beside `model.safetensors`. No pickle, nothing half-written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from tokenformer.config import ModelConfig, from_dict, to_dict
from tokenformer.language import build
from tokenformer.model import LanguageModel

CONFIG, TENSORS = "config.json", "model.safetensors"


def save(model: LanguageModel, folder: Path) -> None:
    """Write the model's shape and tensors into `folder`, each file whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.contiguous() for name, value in model.state_dict().items()}
    _write(folder / TENSORS, lambda path: save_file(tensors, path))
    text = json.dumps(to_dict(model.config), indent=2) + "\n"
    _write(folder / CONFIG, lambda path: path.write_text(text, encoding="utf-8"))


def load(folder: Path) -> LanguageModel:
    """The model that `save` wrote. Missing files and files that do not fit raise ValueError."""
    for name in (CONFIG, TENSORS):
        if not (folder / name).is_file():
            raise ValueError(f"{folder / name} is missing: a checkpoint is {CONFIG} and {TENSORS}")
    try:
        config = from_dict(json.loads((folder / CONFIG).read_text(encoding="utf-8")))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{folder / CONFIG} is not JSON: {error}") from None
    try:
        tensors = load_file(folder / TENSORS)
    except SafetensorError as error:
        raise ValueError(f"{folder / TENSORS} is not a safetensors file: {error}") from None
    return fill(_unfilled(config, len(tensors)), tensors)


def _unfilled(config: ModelConfig, tensors: int) -> LanguageModel:
    """The model without its weights. ValueError for more layers than the file has tensors, since
    even without weights a billion layers would never be built, and for sizes that no tensor has."""
    if config.layers > tensors:
        raise ValueError(f"the shape has {config.layers} layers, the file holds {tensors} tensors")
    try:
        with torch.device("meta"):
            return build(config)
    except (TypeError, RuntimeError, OverflowError) as error:
        said = str(error).partition("\n")[0]
        raise ValueError(f"no model has the shape of {CONFIG}: {said}") from None


def fill(model: LanguageModel, tensors: Mapping[str, Tensor]) -> LanguageModel:
    """Put `tensors` into a model built on the meta device, which takes on their dtype.

    A missing or unknown name, another shape, and mixed dtypes raise ValueError naming both sides.
    """
    wanted = model.state_dict()
    if missing := sorted(wanted.keys() - tensors.keys()):
        raise ValueError(f"the model has {missing[0]}, the file has not ({len(missing)} missing)")
    if unknown := sorted(tensors.keys() - wanted.keys()):
        raise ValueError(f"the file has {unknown[0]}, the model has not ({len(unknown)} unknown)")
    for name, value in tensors.items():
        if value.shape != wanted[name].shape:
            shapes = f"{tuple(value.shape)} in the file, {tuple(wanted[name].shape)} in the model"
            raise ValueError(f"{name} is {shapes}")
    check_dtypes(tensors)
    model.load_state_dict(tensors, assign=True)
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    return model


def check_dtypes(tensors: Mapping[str, Tensor]) -> None:
    """Raise ValueError unless all tensors have one dtype."""
    first, *others = tensors
    for name in others:
        if tensors[name].dtype != tensors[first].dtype:
            both = f"{first} is {tensors[first].dtype}, {name} is {tensors[name].dtype}"
            raise ValueError(f"mixed dtypes: {both}")


def _write(path: Path, write: Callable[[Path], object]) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        write(partial)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
