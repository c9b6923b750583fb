"""Draw premium-squares.svg from the table of contexts in docs/costs.md."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "premium-squares"})

from matplotlib import pyplot as plt  # noqa: E402 - the backend is chosen first

HERE = Path(__file__).parent
SQUARES = {"Russian": (1.4269, "tab:red", -0.1), "Chinese": (1.2569, "tab:blue", 0.1)}


def rows() -> dict[str, list[float]]:
    """Context -> Russian, low, high, Chinese, low, high."""
    text = (HERE.parent / "costs.md").read_text(encoding="utf-8")
    table = text.split("<!-- table: contexts -->")[1].strip().split("\n\n")[0]
    cells = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    return {name.strip(" `"): [float(value) for value in values] for name, *values in cells}


def draw() -> None:
    """One point with its interval for each context and language; p and p² as lines."""
    found = rows()
    figure, axes = plt.subplots(figsize=(7, 3.4))
    for place, (language, (p, colour, shift)) in enumerate(SQUARES.items()):
        for line, style in ((p, ":"), (p * p, "--")):
            axes.axhline(line, color=colour, linestyle=style, linewidth=0.8)
        values = [row[3 * place : 3 * place + 3] for row in found.values()]
        axes.errorbar(
            [x + shift for x in range(len(values))],
            [value for value, _, _ in values],
            [[v - low for v, low, _ in values], [high - v for v, _, high in values]],
            fmt="o", color=colour, capsize=3, label=language,
        )  # fmt: skip
    axes.set_xticks(range(len(found)), list(found))
    axes.set_ylabel("attention FLOPs per unit / English")
    axes.set_title("dotted: premium p, dashed: p²  (o200k_base, FLORES-200)", fontsize=9)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(HERE / "premium-squares.svg", metadata={"Date": None})


if __name__ == "__main__":
    draw()
