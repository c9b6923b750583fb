"""Fixtures of this room: packages made here, a cache of its own for every test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from corpora.artifacts import Artifact

sys.path.insert(0, str(Path(__file__).parent))
from conftest_packages import deb, npm, wheel


@pytest.fixture
def artifact(tmp_path: Path) -> Callable[..., Artifact]:
    """artifact("name", {"member": bytes}, kind="deb") -> an Artifact of a package made here."""
    makers = {"deb": (deb, "deb"), "wheel": (wheel, "whl"), "npm": (npm, "tgz")}

    def make(name: str, files: Mapping[str, bytes], kind: str = "deb") -> Artifact:
        maker, suffix = makers[kind]
        return Artifact(maker(tmp_path / f"{name}.{suffix}", files), name, "1", "0" * 64)

    return make


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has a cache of its own."""
    monkeypatch.setenv("BABELTOLL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
