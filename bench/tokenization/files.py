"""Arrays on disk: an `.npz` whose bytes depend on its content only."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError

# What a damaged archive of arrays raises. RuntimeError: RecursionError too; MemoryError: an array
# whose header asks for more than there is; TokenError: a header that numpy tries to read as of old.
DAMAGED = (
    OSError, KeyError, ValueError, IndexError, TypeError, EOFError, NotImplementedError,
    RuntimeError, MemoryError, SyntaxError, TokenError, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
_EPOCH = (1980, 1, 1, 0, 0, 0)  # zip entries carry a time; a fixed one keeps the bytes the same


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, object]) -> None:
    """Write arrays and a JSON description as one `.npz`, byte for byte the same every time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        text = json.dumps(about, sort_keys=True, ensure_ascii=False)
        archive.writestr(zipfile.ZipInfo("about.json", _EPOCH), text)
        for name in sorted(arrays):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(arrays[name]), version=(1, 0))
            entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, buffer.getvalue())


def read_npz(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays and the description of a file that `write_npz` wrote; no pickle is loaded."""
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(archive.read("about.json"))
            arrays = {
                name[:-4]: np.lib.format.read_array(
                    io.BytesIO(archive.read(name)), allow_pickle=False
                )
                for name in archive.namelist()
                if name.endswith(".npy")
            }
    except DAMAGED as error:
        said = " ".join(str(error).split())
        raise InputError(f"{path} is not a statistics file of this suite ({said})") from None
    return arrays, about
