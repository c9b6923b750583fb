"""What goes wrong on the way to the hub, in one line with the remedy."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from corpora.errors import CorpusError

_REMEDIES = (  # (what the error's type or text says, the remedy), most telling first
    (("gated", "401", "403", "unauthorized", "authenticated"),
     "is gated: accept its terms on its hub page and log in with `hf auth login`"),
    (("builderconfig", "config name is missing", "unknown split", "bad split"),
     "has not the expected config or split; its layout has changed: {detail}"),
    (("datasetnotfound", "repositorynotfound", "doesn't exist", "datafilesnotf", "couldn't find"),
     "was not found, or needs a login: check the name, then `hf auth login`"),
    (("connect", "offline", "resolve", "timeout", "timed out", "network", "unreachable", "ssl"),
     "cannot be reached: check the network, or name a local copy as source"),
)  # fmt: skip


def check_reachable(repository: str) -> None:
    """Fail at once where the hub's name does not resolve; its client would retry for 25 s.

    Nothing is checked for a local folder, behind a proxy, or in the hub client's offline mode.
    """
    from huggingface_hub import constants

    proxies = any(os.environ.get(one) for one in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"))
    if Path(repository).exists() or proxies or constants.HF_HUB_OFFLINE:
        return
    host = urlsplit(constants.ENDPOINT).hostname or ""
    try:
        socket.getaddrinfo(host, 443)
    except OSError as problem:
        raise CorpusError(
            f"{repository} cannot be reached ({host} does not resolve): check the network, "
            "or name a local copy as source"
        ) from problem


@contextmanager
def explained(repository: str) -> Iterator[None]:
    """Turn what `datasets` and its hub client raise into a CorpusError; others pass."""
    try:
        yield
    except CorpusError:
        raise
    except (OSError, ValueError, RuntimeError) as problem:
        raise CorpusError(f"{repository} {remedy(problem)}") from problem
    except Exception as problem:
        if type(problem).__module__.partition(".")[0] in ("datasets", "huggingface_hub", "httpx"):
            raise CorpusError(f"{repository} {remedy(problem)}") from problem
        raise


def remedy(problem: BaseException) -> str:
    """What to do about an error, judged by its type and text and those of its causes."""
    chain: list[BaseException] = []
    current: BaseException | None = problem
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    told = " ".join(f"{type(one).__name__} {one}" for one in chain).lower()
    detail = " ".join(str(problem).split())[:200]
    for signs, advice in _REMEDIES:
        if any(sign in told for sign in signs):
            return advice.format(detail=detail)
    return f"cannot be read: {detail}"
