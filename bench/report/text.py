"""The report's own words: a template and what fills it, rendered late, in any language.

A template is the key of the translation catalog, so words are written once, in English, where
they are used. Names that come from data are values and are escaped by whoever renders them.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Union

Translate = Callable[[str], str]
Escape = Callable[[str], str]
Value = Union[str, "Text"]


@dataclass(frozen=True)
class Text:
    """A template with named places, and their values."""

    template: str
    values: tuple[tuple[str, Value], ...] = ()

    def render(self, translate: Translate, escape: Escape, quote: Escape) -> str:
        """The words: the template translated and escaped, then filled with quoted values."""
        filled = {
            name: value.render(translate, escape, quote) if isinstance(value, Text)
            else quote(value)
            for name, value in self.values
        }  # fmt: skip
        return escape(translate(self.template)).format(**filled)

    def __str__(self) -> str:
        """Plain English."""
        return self.render(_same, _same, _same)


def template(words: str) -> str:
    """Marks words that are kept for a later `say`, so that the catalog gets them."""
    return words


def say(words: str, /, **values: Value | int) -> Text:
    """A text of ours: `say("{n} units of {corpus}", n=12, corpus="udhr")`."""
    kept = {name: f"{v:,}" if isinstance(v, int) else v for name, v in values.items()}
    return Text(words, tuple(kept.items()))


def verbatim(value: str) -> Text:
    """Words that are not ours: a name, a reason, an error; never translated, always escaped."""
    return Text("{value}", (("value", value),))


def known(words: str, ours: Container[str]) -> Text:
    """Words of ours, which catalogs have, or whatever else stands there as it is."""
    return say(words) if words in ours else verbatim(words)


def code(name: str) -> Text:
    """A name as it stands in the files, set in type of even width."""
    return Text("`{name}`", (("name", name.replace("`", "'")),))


COMMA = template(", ")


def listed(items: list[Text] | tuple[Text, ...], between: str = COMMA) -> Text:
    """Texts with commas between them, or with other words of ours."""
    names = [f"item{place}" for place in range(len(items))]
    template = "{between}".join(f"{{{name}}}" for name in names)
    return Text(template, (("between", say(between)), *zip(names, items, strict=True)))


def _same(text: str) -> str:
    return text
