from dataclasses import replace

import numpy as np
import pytest

from bench.claims.density import Scored, bits_per_token_ratio, densities

DOCUMENTS = np.arange(12)


def run(language="zh", seed=0, bits=5.0, tokens=2, size=4096, status="ok"):
    """A run whose units differ, with `bits` and `tokens` a unit in the mean."""
    wave = np.tile([0.5, 1.5] if language == "zh" else [1.1, 0.9], 6)
    counts = tokens + np.tile([1, 0, -1], 4)
    return Scored(language, seed, status, bits * wave, counts, size)


def pairs(seeds=5, above=6.0, below=5.0):
    """zh has `above` bits in 4 tokens, en `below` in 2; a seed moves zh alone."""
    return [
        (run("zh", one, above + 0.1 * one, 4), run("en", one, below, 2)) for one in range(seeds)
    ]


def logs_without(document):
    """The logarithm for each seed, of all documents but one."""
    totals = [
        [np.delete(values, document).sum() for run in pair for values in (run.bits, run.tokens)]
        for pair in pairs()
    ]
    return np.array([np.log(zh / n_zh / (en / n_en)) for zh, n_zh, en, n_en in totals])


def test_one_seed_gives_the_quotient_without_an_interval():
    found = bits_per_token_ratio(pairs(1), DOCUMENTS)
    assert found.value == pytest.approx((6.0 / 4) / (5.0 / 2))
    assert found.method == "none" and found.log_se is None


def test_five_seeds_give_the_mean_of_the_logarithms_with_its_error():
    found = bits_per_token_ratio(pairs(), DOCUMENTS)
    logs = np.log([(6.0 + 0.1 * one) / 4 / 2.5 for one in range(5)])
    assert found.value == pytest.approx(np.exp(logs.mean()))
    left = [logs_without(one).mean() for one in DOCUMENTS]
    of_documents = 11 / 12 * ((left - np.mean(left)) ** 2).sum()
    assert found.log_se == pytest.approx(np.sqrt(logs.var(ddof=1) / 5 + of_documents))
    assert bits_per_token_ratio(pairs(4), DOCUMENTS).log_se is None


def test_twice_the_tokens_hold_half_the_bits_each():
    once = bits_per_token_ratio(pairs(), DOCUMENTS)
    twice = [(replace(run, tokens=2 * run.tokens), other) for run, other in pairs()]
    assert bits_per_token_ratio(twice, DOCUMENTS).value == pytest.approx(once.value / 2)
    both = [(run, replace(other, tokens=2 * other.tokens)) for run, other in twice]
    assert bits_per_token_ratio(both, DOCUMENTS).value == pytest.approx(once.value)


def test_a_language_against_itself_is_one():
    found = bits_per_token_ratio([(run, run) for run, _ in pairs()], DOCUMENTS)
    assert found.value == pytest.approx(1.0) and found.log_se == pytest.approx(0.0, abs=1e-12)


def test_every_pair_comes_both_ways_and_they_are_inverse():
    runs = [run for pair in pairs() for run in pair]
    forth, back = densities(runs, DOCUMENTS)
    assert (forth.language, forth.reference) == (back.reference, back.language) == ("en", "zh")
    assert forth.estimate.value * back.estimate.value == pytest.approx(1.0)
    assert forth.estimate.log_se == pytest.approx(back.estimate.log_se)
    assert forth.n_seeds == 5 and forth.status == "ok"


def test_only_seeds_that_both_languages_have_are_paired():
    runs = [run("zh", 0), run("zh", 1), run("en", 1), run("en", 2)]
    assert [one.n_seeds for one in densities(runs, DOCUMENTS)] == [1, 1]
    assert not list(densities([run("zh", 0), run("en", 1)], DOCUMENTS))


def test_a_seed_that_was_run_twice_gives_nothing():
    assert not list(densities([run("zh"), run("zh"), run("en")], DOCUMENTS))


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"size": 8192}, "vocabularies of different sizes, 4096 and 8192"),
        ({"status": "undertrained"}, "undertrained"),
    ],
)
def test_what_forbids_a_verdict_is_said_both_ways(more, status):
    found = list(densities([run("zh", **more), run("en")], DOCUMENTS))
    assert [one.status for one in found] == [status, status]
