"""The cells of costs.csv and memory.csv: token counts read, turned into FLOPs, bytes and prices."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bench.cells import ROWS, write
from bench.executors import Work
from bench.measured import Measured

if TYPE_CHECKING:
    from bench.claims.evidence import About
    from bench.costs.prices import Prices


def costs(work: Work) -> None:
    """Rows of costs.csv for every model of the profile, and the ratios that claims are about."""
    from bench.claims.evidence import cost_evidence
    from bench.costs import shapes
    from bench.costs.contexts import lengths
    from bench.costs.table import Options, cost_rows

    measured = Measured(*work.inputs)
    statistics, part = measured.statistics, measured.part
    reference = work.params["reference"]
    counts = lengths(
        statistics.tokens, statistics.languages, reference, part.documents(), part.order
    )
    models = [shapes.load(work.where[model]) for model in work.params["models"]]
    signed = {one.name: shapes.signed(one) for one in models}
    sizes = [one.size for one in statistics.vocabularies]
    windows = {one.name: one.context for one in models}
    options = Options(conventions=tuple(work.params.get("conventions", ("exact",))))
    rows = [
        measured.complete(
            row,
            model=signed.get(row["model"], row["model"]),
            ctx=_context(row, windows),
            est=f"{row['cost']}.{row['convention']}",
            ci=row["ci_method"],
            keff=float(row["k_eff"]),
            **_priced(row, work.params),
        )
        for row in cost_rows(
            counts,
            models,
            sizes,
            vocabularies=[measured.family] * len(sizes),
            prices=_prices(work, measured.family),
            options=options,
        )
    ]
    evidence = cost_evidence(counts, models, sizes, _about(measured, signed))
    write(work, ROWS, {"costs": rows, "evidence": evidence})


def _prices(work: Work, family: str) -> "Prices | None":
    """The user's price of this family of vocabularies, where the profile has a price table."""
    from bench.costs.prices import Prices

    price = work.params.get("price")
    return price and Prices({family: price["per_million_tokens"]}, price["currency"])


def _priced(row: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, str]:
    """Of a price, what a million tokens cost: part of how the value was made."""
    if row["cost"] not in ("price", "price_ratio"):
        return {}
    price = params["price"]
    return {"price": f"{price['per_million_tokens']:g} {price['currency']}"}


def _context(row: dict[str, Any], windows: dict[str, int]) -> str:
    """The context of a cost, a window with its length in tokens."""
    context = str(row["context"])
    return f"{context}-{windows[row['model']]}" if context.startswith("window") else context


def _about(measured: Measured, signed: Mapping[str, str]) -> "About":
    """`measured.about`, with models as they are signed."""

    def about(*languages: str, **how: Any) -> dict[str, Any]:
        return measured.about(
            *languages, **{**how, "model": signed.get(how["model"], how["model"])}
        )

    return about


def memory(work: Work) -> None:
    """Rows of memory.csv: the same batches of units in every language; and their ratios."""
    from bench.claims.evidence import peak_evidence
    from bench.costs import shapes
    from bench.costs.memory import predicted_batches

    measured, params = Measured(*work.inputs), work.params
    statistics, shape = measured.statistics, shapes.load(work.where[params["model"]])
    signed = {shape.name: shapes.signed(shape)}
    predicted = predicted_batches(
        statistics.tokens,
        statistics.languages,
        shape,
        [one.size + 1 for one in statistics.vocabularies],  # and the end of a unit
        batch_units=params["batch_units"],
        n_batches=params["batches"],
        seed=params["seed"],
        layouts=params["layouts"],
        precision=params["precision"],
    )
    settings = f"{params['batch_units']}x{params['batches']}.s{params['seed']}"
    rows = [
        measured.complete(
            row,
            model=signed[row["model"]],
            batches=settings,
            est=f"{row['layout']}.{row['precision']}.adamw.mean",
            ci="t-over-batches",
        )
        for row in predicted.rows(params["reference"])
    ]
    for row in rows:
        del row["vocabulary_family"]
    evidence = peak_evidence(
        predicted, statistics.tokens, measured.part.documents(), params["reference"],
        _about(measured, signed),
    )  # fmt: skip
    write(work, ROWS, {"memory": rows, "evidence": evidence})
