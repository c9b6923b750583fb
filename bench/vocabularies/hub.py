"""A vocabulary from the Hugging Face hub: one file is downloaded, no code is run."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from bench.errors import InputError
from bench.vocabularies.protocol import Vocabulary

_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model")
_PATIENCE = 3.0  # seconds; the hub's own client tries for about 25


def from_hub(name: str) -> Vocabulary:
    """The vocabulary of a hub repository, `owner/name` or `owner/name@revision`.

    What the hub's own cache holds is used without the network. InputError: no network, no such
    repository or revision, no vocabulary file in it.
    """
    from bench.vocabularies.sources import from_file

    repository, _, revision = name.partition("@")
    path = _cached(repository, revision or None) or _download(repository, revision or None)
    return from_file(path, name.replace("/", "--"))


def _cached(repository: str, revision: str | None) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    for file in _FILES:
        found = try_to_load_from_cache(repository, file, revision=revision)
        if isinstance(found, str):
            return Path(found)
    return None


def _download(repository: str, revision: str | None) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError

    _check_reachable(repository)
    for file in _FILES:
        try:
            return Path(hf_hub_download(repository, file, revision=revision))
        except RepositoryNotFoundError:
            break
        except EntryNotFoundError:
            continue
        except (HfHubHTTPError, OSError, ValueError) as error:
            raise InputError(f"{repository}: the hub gave no vocabulary ({error})") from None
    raise InputError(
        f"{repository}: no such repository on the hub, or none of {', '.join(_FILES)} in it; "
        "`bench vocabularies list` shows the names that need no hub"
    )


def _check_reachable(repository: str) -> None:
    """Fail within seconds where there is no network, instead of after the client's retries."""
    offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")
    endpoint = urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    proxied = any(os.environ.get(key) for key in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"))
    reason = "HF_HUB_OFFLINE is set" if offline else None
    if not offline and not proxied:
        port = endpoint.port or (80 if endpoint.scheme == "http" else 443)
        try:
            socket.create_connection((endpoint.hostname or "", port), _PATIENCE).close()
        except OSError as error:
            reason = f"no connection to {endpoint.hostname}: {error}"
    if reason:
        raise InputError(
            f"{repository} is on the hub, which cannot be reached ({reason}); give a published "
            "name, a file, or go online"
        )
