"""Translation memories: TMX 1.4, one `<tu>` per unit with a `<tuv xml:lang>` per language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from corpora.readers.rows import Row, fault

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_NATIVE = frozenset({"bpt", "ept", "ph", "it", "ut"})  # their content is markup of the source


def read(path: Path, languages: Sequence[str]) -> Iterator[Row]:
    """Rows in file order; `zh` also matches `zh-CN`. The line of an error counts units."""
    try:
        for number, unit in enumerate(_units(path), 1):
            yield _row(unit, number, languages)
            unit.clear()
    except ElementTree.ParseError as problem:
        raise fault(path, problem.position[0], f"not well-formed XML ({problem.msg})") from problem
    except (LookupError, ValueError, RecursionError) as problem:  # its encoding, its depth
        raise fault(path, None, f"cannot be read as XML ({problem})") from problem
    except OSError as problem:
        raise fault(path, None, f"cannot be read: {problem.strerror}") from problem


def _units(path: Path) -> Iterator[ElementTree.Element]:
    with path.open("rb") as stream:
        events = ElementTree.iterparse(stream, events=("start", "end"))
        _, root = next(events)
        for event, element in events:
            if event == "end" and _local(element) == "tu":
                yield element
                if len(root) and len(root[-1]):
                    root[-1].remove(element)  # or the whole file would be kept


def _row(unit: ElementTree.Element, number: int, languages: Sequence[str]) -> Row:
    found: dict[str, str] = {}
    for variant in (one for one in unit if _local(one) == "tuv"):
        code = (variant.get(_LANGUAGE) or variant.get("lang") or "").lower().replace("_", "-")
        segment = next((one for one in variant if _local(one) == "seg"), None)
        if segment is not None:
            found.setdefault(code, _text(segment))
    return Row(number, tuple(_of(found, one) for one in languages), unit.get("tuid") or None)


def _of(found: dict[str, str], language: str) -> str:
    code = language.lower().replace("_", "-")
    return found.get(code) or next(
        (text for one, text in found.items() if one.startswith(f"{code}-")), ""
    )


def _text(element: ElementTree.Element) -> str:
    parts = [element.text or ""]
    for child in element:
        parts += ["" if _local(child) in _NATIVE else _text(child), child.tail or ""]
    return "".join(parts)


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
