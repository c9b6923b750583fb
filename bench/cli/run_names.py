"""Names of training runs in 80 columns: a heading for arm, model and vocabulary, a row a language.

Names are never cut: rows that look alike could not be told apart.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap

from bench.cell import Cell

COLUMNS = 80
INDENT = "  "

Kind = tuple[str, str]  # heading, languages


def kind_of(cell: Cell) -> Kind:
    """What runs of one row share; they differ by seed or by rate."""
    spec = cell.params["spec"]
    arm = () if spec["arm"] == "primary" else (spec["arm"],)
    return " ".join((*arm, spec["model"], cell.params["family"])), "+".join(spec["languages"])


def by_kind(runs: Iterable[Cell]) -> Mapping[str, Mapping[str, Sequence[Cell]]]:
    """Runs by heading and by language, in the order of the plan."""
    found: dict[str, dict[str, list[Cell]]] = {}
    for cell in runs:
        heading, languages = kind_of(cell)
        found.setdefault(heading, {}).setdefault(languages, []).append(cell)
    return found


def heading_lines(heading: str) -> list[str]:
    """The heading, on more lines than one where it is longer than a line."""
    return wrap(heading, COLUMNS, subsequent_indent=2 * INDENT, break_on_hyphens=False)


def row(languages: str, numbers: str, width: int) -> Iterator[str]:
    """Languages in a column of that width before the numbers; above them where they are longer."""
    label = INDENT + languages
    if len(label) >= width:
        yield from wrap(languages, COLUMNS, initial_indent=INDENT, subsequent_indent=2 * INDENT)
        label = ""
    yield f"{label:<{width}}{numbers}"
