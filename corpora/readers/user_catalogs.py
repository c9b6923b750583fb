"""The user's own gettext catalogs, `.po` or `.mo`, one a language, aligned by message.

The language whose file is also another language's is the source: `en=ru.po ru=ru.po zh=zh.po`
takes English from the message keys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from corpora.errors import CorpusError
from corpora.readers.messages import Message, read_mo, read_po
from corpora.readers.rows import Row, fault


def read(files: Mapping[str, Path]) -> Iterator[Row]:
    """Rows for every message that all catalogs translate, in the order of the first file."""
    shared = [path for path, count in Counter(files.values()).items() if count > 1]
    if len(files) - len(set(files.values())) > 1:
        raise CorpusError(f"{', '.join(map(str, shared))}: one catalog gives the source and one "
                          "translation; name one for each further language")  # fmt: skip
    source = next((one for one, path in files.items() if path in shared), None)
    catalogs = {one: _catalog(path) for one, path in files.items() if one != source}
    if not catalogs:
        raise CorpusError("catalogs need a language besides the source: en=ru.po ru=ru.po")
    first = next(iter(catalogs.values()))
    for number, (key, message) in enumerate(first.items(), 1):
        if all(key in one for one in catalogs.values()):
            texts = (
                message.source if one == source else catalogs[one][key].translation for one in files
            )
            yield Row(message.line or number, tuple(texts))


def _catalog(path: Path) -> dict[str, Message]:
    try:
        data = path.read_bytes()
        compiled = path.suffix.lower() == ".mo"
        found = read_mo(data) if compiled else read_po(data.decode("utf-8-sig"))
        messages: dict[str, Message] = {}
        for one in found:
            if one.key in messages:
                raise fault(path, one.line or None, f"the message {one.source[:40]!r} stands twice")
            messages[one.key] = one
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise fault(path, line, "not UTF-8; convert the file to UTF-8") from problem
    except ValueError as problem:
        raise fault(path, None, str(problem)) from problem
    except OSError as problem:
        raise fault(path, None, f"cannot be read: {problem.strerror}") from problem
    return messages
