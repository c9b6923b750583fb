"""What names a package: all that a data card needs of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Manager = Literal["wheel", "deb", "npm"]


@dataclass(frozen=True)
class Package:
    """A package by name; `version` and `sha256` pin it, `alternatives` are tried in turn."""

    manager: Manager
    name: str
    version: str | None = None
    sha256: str | None = None
    alternatives: tuple[str, ...] = ()
