"""The visual language of every chart, and the one way a chart becomes files.

A language has the same colour and the same marker everywhere. The colours are told apart by people
with any common colour blindness, and carry text on white at WCAG AA. Labels are in English and set
in the font that comes with matplotlib, so a chart is the same on every machine.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

Row = Mapping[str, Any]

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"en": "#0061a8", "ru": "#b34700", "zh": "#00755a", "zh_hant": "#8a3f9e"}
OTHERS = ("#7a5c00", "#a3195b", "#44546a", "#5b4bb5")
MARKERS = {"en": "o", "ru": "s", "zh": "D", "zh_hant": "^"}
PARTS = ("#4a6fa5", "#c9a227", "#8e9aaf", "#7d4e7a", "#5a8f69", "#b5651d")  # parts of a stack
DASHES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)))
INK, MUTED, GRID, PAPER = "#1b1f24", "#57606a", "#d0d7de", "#ffffff"

NAMED = "name of a line"
COLUMN = 5.2  # inches: a text column of a paper, and a phone held upright
WIDE = 8.4

SETTINGS: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.linewidth": 0.8,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "babeltoll",
}


def styled() -> AbstractContextManager[None]:
    """Within it, everything is drawn in the report's style."""
    import matplotlib

    return matplotlib.rc_context(SETTINGS)


def canvas(width: float, height: float, **grid: Any) -> tuple[Figure, Any]:
    """A figure and its axes, drawn without a screen and kept by no global list of figures."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(squeeze=False, **grid)


def colour(language: str, languages: Sequence[str] = ()) -> str:
    """The language's colour, the same everywhere; an unknown language gets one by its place."""
    if language in COLOURS:
        return COLOURS[language]
    unknown = [one for one in languages if one not in COLOURS]
    return OTHERS[unknown.index(language) % len(OTHERS)] if language in unknown else OTHERS[0]


def marker(language: str) -> str:
    """The language's marker, so that colour is never the only sign."""
    return MARKERS.get(language, "v")


def dash(place: int) -> Any:
    """How the line of the arm or model at this place is drawn."""
    return DASHES[place % len(DASHES)]


def dash_key(figure: Figure, names: Sequence[str], columns: int) -> None:
    """Below the figure, which dash has which name."""
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], color=INK, linewidth=1.3, label=name, linestyle=dash(place))
             for place, name in enumerate(names)]  # fmt: skip
    figure.legend(handles=lines, loc="outside lower left", ncols=columns, fontsize=8.5,
                  handlelength=2.6)  # fmt: skip


def interval_mark(
    axes: Axes, value: float, low: float | None, high: float | None, place: float,
    language: str, languages: Sequence[str], hollow: bool = False, digits: bool = True,
) -> None:  # fmt: skip
    """A value with its interval, lying, and its digits; hollow where it is not comparable."""
    tone = colour(language, languages)
    if low is not None and high is not None:
        axes.plot([low, high], [place, place], color=tone, linewidth=2, solid_capstyle="butt")
    axes.plot(
        [value], [place], marker=marker(language), color=tone, markersize=5.5, linestyle="none",
        markerfacecolor=PAPER if hollow else tone, clip_on=False,
    )  # fmt: skip
    if not digits:
        return
    axes.annotate(
        f"{value:.3g}" if value >= 10 else f"{value:.2f}", (high or value, place), (6, 0),
        textcoords="offset points", va="center", fontsize=7.5, color=tone, annotation_clip=False,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.6},
    )  # fmt: skip


def reach(rows: Iterable[Row], value: str = "value", ends: str = "ci") -> list[float]:
    """Values and ends of intervals that an axis has to hold."""
    names = (value, f"{ends}_low", f"{ends}_high")
    return [row[name] for row in rows for name in names if row[name] is not None and row[name] > 0]


def plain_log_ticks(axes: Axes, low: float, high: float) -> None:
    """Round numbers on a logarithmic axis, written out."""
    from matplotlib.ticker import FixedLocator, NullLocator

    steps = (1,) if high / low > 300 else (1, 2, 5) if high / low > 8 else (1, 1.5, 2, 3, 5, 7)
    ticks = [step * 10.0**power for power in range(-6, 26) for step in steps]
    held = [tick for tick in ticks if low <= tick <= high]
    axes.xaxis.set_major_locator(FixedLocator(held))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([_short(tick) for tick in held])


def _short(value: float) -> str:
    for by, suffix in ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= by:
            return f"{value / by:g}{suffix}"
    return f"{value:g}"


def line(
    axes: Axes, xs: Sequence[float], ys: Sequence[float], language: str, languages: Sequence[str],
    name: str, **how: Any,
) -> None:  # fmt: skip
    """A line in the language's colour and marker, with its name at its end."""
    tone = colour(language, languages)
    axes.plot(xs, ys, color=tone, marker=marker(language), markersize=4.5, **how)
    axes.annotate(name, (xs[-1], ys[-1]), (6, 0), textcoords="offset points", va="center",
                  color=tone, fontsize=8, annotation_clip=False, label=NAMED)  # fmt: skip


def part_names(figure: Figure) -> None:
    """Move the names of lines that end close together apart, once the figure is laid out."""
    from matplotlib.text import Annotation

    for axes in figure.axes:
        names = [one for one in axes.texts if isinstance(one, Annotation)
                 and one.get_label() == NAMED and one.get_text()]  # fmt: skip
        ends = [float(axes.transData.transform(one.xy)[1]) * 72 / figure.dpi for one in names]
        for name, end, place in zip(names, ends, parted(ends), strict=True):
            name.set_position((6, place - end))


def parted(places: Sequence[float], least: float = 9.0) -> list[float]:
    """The same places in the same order, moved as little as leaves `least` between neighbours."""
    order = sorted(range(len(places)), key=places.__getitem__)
    found = list(places)
    for _ in range(len(order)):
        for low, high in pairwise(order):
            lack = least - (found[high] - found[low])
            if lack > 0:
                found[low], found[high] = found[low] - lack / 2, found[high] + lack / 2
    return found


def as_files(figure: Figure, formats: Sequence[str] = ("png", "pdf", "svg")) -> dict[str, bytes]:
    """The figure in each format: the same bytes for the same drawing."""
    bare: dict[str, dict[str, Any]] = {
        "png": {"Software": None},
        "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
        "svg": {"Creator": None, "Date": None, "Format": None, "Type": None},
    }
    files = {}
    with styled():
        figure.draw_without_rendering()
        part_names(figure)
        figure.set_layout_engine("none")  # laid out once, not once a format
        for ending in formats:
            out = io.BytesIO()
            figure.savefig(out, format=ending, metadata=bare[ending])
            files[ending] = out.getvalue()
    return files


def inline_svg(data: bytes, prefix: str) -> str:
    """An SVG to stand inside a page: its own ids, and colours that follow light and dark."""
    text = data.decode().partition("<svg")[2]
    text = "<svg" + re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(?<=\bid=")|(?<=xlink:href="#)|(?<=url\(#)', prefix, text)
    for name, tone in (*_named(), ("ink", INK), ("muted", MUTED), ("grid", GRID), ("paper", PAPER)):
        text = text.replace(tone, f"var(--{name})")
    return re.sub(r'\s+(width|height)="[\d.]+pt"', "", text, count=2)


def _named() -> list[tuple[str, str]]:
    named = [(f"language-{name}", tone) for name, tone in COLOURS.items()]
    named += [(f"other-{place}", tone) for place, tone in enumerate(OTHERS)]
    return named + [(f"part-{place}", tone) for place, tone in enumerate(PARTS)]
