"""What holds for every test: one thread, and which of several processes runs it."""

import os
from pathlib import Path

import pytest

# One BLAS thread: on a shared machine, threads that wait for each other cost ten times the work.
# Set before numpy is first imported, which is why it stands here and not in a fixture.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

TOGETHER = {"glyphs", "metrics", "report", "vocabularies"}  # rooms that build what a session shares


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file goes to one process; so does a room whose files share what takes long to build."""
    for item in items:
        folder = item.path.parent
        place = folder if folder.name in TOGETHER else item.path
        item.add_marker(pytest.mark.xdist_group(str(place.relative_to(Path(__file__).parent))))
