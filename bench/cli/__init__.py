"""The command line: `bench COMMAND …`. Reads arguments, calls the suite, prints; computes nothing.

`main` is the one place where an exception becomes a line and an exit code: 0; 2 for bad input;
1 for a check that failed; 130 when interrupted; 70 for a fault of ours (EX_SOFTWARE of sysexits.h),
whose traceback is kept in a file that the line names.
"""

import io
import os
import sys
from collections.abc import Sequence
from typing import Any

INTERNAL = 70


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a sign shows `?`
            stream.reconfigure(errors="replace")
    sys.exit(invoke(arguments))


def invoke(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code and never shows a user a traceback of theirs."""
    import typer

    from bench.cli.app import app
    from bench.errors import (
        MEMORY,
        CheckFailed,
        InputError,
        InternalError,
        refused_by_system,
        short_of_memory,
    )
    from corpora.errors import CorpusError

    usage_error: Any = typer.BadParameter.__base__  # click's own, wherever typer keeps it
    try:
        code = app(args=arguments, prog_name="bench", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except (InputError, CorpusError) as error:
        return _fail(str(error), 2)
    except CheckFailed as error:
        return _fail(str(error), 1)
    except InternalError as error:
        return _fail(str(error), INTERNAL)
    except usage_error as error:
        command = error.ctx.command_path if error.ctx else "bench"
        said = error.format_message().replace("Value error, ", "").strip().rstrip(".")
        return _fail(f"{said}. See {command} --help" if said else f"see {command} --help", 2)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # e.g. `bench … | head`
        return 0
    except OSError as error:
        return _fail(refused_by_system(error), 2)
    except Exception as error:
        if short := short_of_memory(error):
            less = ": free some of it, or take a smaller batch, model or text" * (short == MEMORY)
            return _fail(short + less, 2)
        return _fail(_kept(error, arguments), INTERNAL)


def _kept(error: Exception, arguments: Sequence[str] | None) -> str:
    """One line for what nobody foresaw."""
    from bench.cache import open_store
    from bench.executors.failures import internal

    given = " ".join(sys.argv[1:] if arguments is None else arguments)
    return internal(open_store().root / "failed" / "command", error, f"bench {given}")


def _fail(message: str, code: int) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return code
