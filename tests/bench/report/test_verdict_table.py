"""Claims in the report: which setting is shown, and as what."""

from types import SimpleNamespace

from synthetic import claims

from bench.claims.table import summaries
from bench.report.data import load
from bench.report.sections import verdicts


def test_a_claim_in_many_settings_is_listed_by_its_endpoint_and_verdicts(results):
    (one, *_) = load(results(claims=claims())).rows("claims")
    dull = [one | {"vocabulary": f"v{n}", "endpoint": "secondary", "verdict": "inconclusive",
                   "value": None} for n in range(1000)]  # fmt: skip
    clear = [one | {"vocabulary": f"c{n}", "endpoint": "secondary"} for n in range(3)]
    table = verdicts._settings([*dull, *clear, one])
    assert len(table.rows) == verdicts.LISTED and "of 1004" in str(table.caption).replace(",", "")
    places = [str(row[2]) for row in table.rows[:5]]
    assert "●" in places[0] and [f"c{n}" in places[n + 1] for n in range(3)] == [True] * 3


def test_what_a_claim_was_tested_as_and_the_level_of_its_interval_stand_with_it(text, results):
    assert "under attention (`premium-squares`). Of units and documents." in text
    (one, *_) = load(results(claims=claims())).rows("claims")
    assert verdicts._value(one | {"ci_level": 0.9}).level == 0.9


def test_a_verdict_of_one_secondary_setting_says_so(results):
    (one, *_) = load(results(claims=claims())).rows("claims")
    (summary,) = summaries([one | {"endpoint": "secondary"}])
    assert "no primary endpoint here" in str(verdicts._overall(summary))
    assert "the only one that was tested" in str(verdicts._change(summary, one))


def test_a_claim_that_depends_shows_a_setting_that_has_a_verdict():
    open_, decided = ({"claim": "c", "value": 1.0, "endpoint": "primary", "verdict": verdict}
                      for verdict in ("inconclusive", "refuted"))  # fmt: skip
    summary = SimpleNamespace(claim="c", lead="depends")
    assert verdicts.leading([open_, decided], summary) is decided
    assert verdicts.leading([open_], summary) is open_
