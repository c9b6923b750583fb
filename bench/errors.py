"""The exceptions of the suite that a user is meant to read."""

MEMORY = "out of memory"
GPU_MEMORY = ("out of memory on the GPU: give a smaller batch or chunk_tokens, or a GPU that has "
              "more")  # fmt: skip


class InputError(Exception):
    """Bad input, in one line: what is wrong, where, and what to do. The command exits with 2."""


class DiskError(InputError):
    """The disk is full or fails: whatever else is tried would fail alike."""


class InternalError(Exception):
    """A fault of the suite, in one line that names the file with its traceback. Exit code 70."""


def refused_by_system(error: OSError) -> str:
    """What the operating system refused, where, and what to do, in one line."""
    place = f"{error.filename}: " if error.filename else ""
    return (f"{place}{error.strerror or error}: check the path, its permissions and the "
            "space on its disk")  # fmt: skip


def short_of_memory(error: BaseException) -> str | None:
    """Which memory, if any, it says is too small; PyTorch's errors are told without loading it."""
    said = str(error) if isinstance(error, RuntimeError) else ""
    if type(error).__name__ == "OutOfMemoryError" or "CUDA error: out of memory" in said:
        return GPU_MEMORY
    if isinstance(error, MemoryError) or "can't allocate memory" in said:
        return MEMORY
    return None


class CheckFailed(Exception):
    """A check the user asked for did not hold (verify, compare). The command exits with 1."""
