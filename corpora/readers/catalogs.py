"""Message catalogs of programs: the English key with its translations, out of wheels.

A product is one package (or one language pack per language); its catalogs are the `.mo` files
below folders named after a locale. Two catalogs are the same one if their paths agree once the
locale is taken out. Catalog files are sorted by their English key, so there is no order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence

from corpora.artifacts import Artifact, members
from corpora.cards import Card
from corpora.errors import CorpusError
from corpora.readers import Unit, reading
from corpora.readers.messages import Message, read_mo

Catalog = dict[str, Message]  # by message key


def read(artifacts: Sequence[Artifact], card: Card) -> Iterator[Unit]:
    """Units of all products; the document is the product.

    `card.options`: `locales` gives each language's locale names, best first; `products` names
    the product of packages that are only a language pack.
    """
    locales: Mapping[str, Sequence[str]] = card.options["locales"]
    products: Mapping[str, str] = card.options.get("products", {})
    for product in dict.fromkeys(products.get(one.package, one.package) for one in artifacts):
        mine = [one for one in artifacts if products.get(one.package, one.package) == product]
        found = {language: _catalogs(mine, names) for language, names in locales.items()}
        if not all(found.values()):
            raise CorpusError(
                f"{product} has no catalogs for {', '.join(locales)}; use its pinned version"
            )
        yield from _aligned(f"{card.name}/{product}", card.languages, found)


def _catalogs(artifacts: Sequence[Artifact], locales: Sequence[str]) -> dict[str, Catalog]:
    """Catalog path without its locale -> messages, from the best locale that has it."""
    found: dict[str, tuple[int, Catalog]] = {}
    pattern = f"**/{{{','.join(locales)}}}/LC_MESSAGES/*.mo"
    for artifact in artifacts:
        for name, data in members(artifact.path, pattern):
            rank = locales.index(name.split("/")[-3])
            path = re.sub(rf"(?<![A-Za-z]){locales[rank]}(?=/)", "*", name)
            path = re.sub(r"^.*?\*/", "", path) if path.count("*") > 1 else path
            if path not in found or rank < found[path][0]:
                with reading(f"{artifact.path.name}: {name}"):
                    messages = {one.key: one for one in read_mo(data)}
                found[path] = (rank, messages)
    return {path: catalog for path, (_, catalog) in found.items()}


def _aligned(
    document: str, languages: Sequence[str], found: Mapping[str, dict[str, Catalog]]
) -> Iterator[Unit]:
    """The messages that every language has; English is the message's own source text."""
    shared = set.intersection(*(set(catalogs) for catalogs in found.values()))
    for path in sorted(shared):
        catalogs = {language: of_paths[path] for language, of_paths in found.items()}
        first = next(iter(catalogs.values()))
        for key in sorted(set(first).intersection(*catalogs.values())):
            texts = {one: catalog[key].translation for one, catalog in catalogs.items()}
            texts["en"] = first[key].source
            digest = hashlib.sha256(f"{path}\0{key}".encode()).hexdigest()[:16]
            yield Unit(
                f"{document}#{digest}", document, tuple(texts[one].strip() for one in languages)
            )
