"""Profiles beside `reference` differ from it by what they ask; what is equal is trained once."""

from bench import profile
from bench.cell import in_order
from bench.plan import plan
from bench.sources import Source, Sources


def trained(name):
    """Training cells of a profile, by arm, on corpora of which nothing is known but their names."""
    wanted = profile.load(name)
    known = ({"sha256": "0" * 64},)
    sources = Sources(
        tuple(Source(one, facts=known) for one in wanted.corpora),
        tuple(Source(one, facts=known) for one in wanted.vocabularies.published),
    )
    cells = [one for one in in_order(plan(wanted, sources, "bf16", 1e11).cells)
             if one.kind == "training"]  # fmt: skip
    arms = {one.params["spec"]["arm"] for one in cells}
    return {arm: [one for one in cells if one.params["spec"]["arm"] == arm] for arm in arms}


def keys(cells):
    return {one.key for one in cells if one.params["spec"]["model"].startswith("transformer")}


def test_plain_bpe_is_the_primary_arm_of_the_reference_run():
    ours, theirs = trained("glyphs-reference"), trained("reference")
    for arm in ("sweep", "primary", "primary-best", "primary-early"):
        assert ours[arm] and keys(ours[arm]) == keys(theirs[arm])


def test_rivals_differ_from_it_by_their_vocabulary_alone():
    """And are annealed where the primary arm and its early runs are, together."""
    ours = trained("glyphs-reference")
    training = profile.load("glyphs-reference").training
    annealed = [*training.early, *training.budgets]
    plain = {(*one.params["spec"]["languages"], one.params["spec"]["seed"]): one.params["spec"]
             for one in ours["primary"]}  # fmt: skip
    for arm in ("superwords", "glyphs"):
        for cell in ours[arm]:
            spec = cell.params["spec"]
            schedule = spec["stages"][0]["schedule"]
            assert schedule["budgets"] == annealed
            schedule["budgets"] = list(training.budgets)
            assert spec | {"arm": "primary"} == plain[*spec["languages"], spec["seed"]]
        seeds = {(*one.params["spec"]["languages"], one.params["spec"]["seed"])
                 for one in ours[arm]}  # fmt: skip
        assert seeds == {(language, seed) for language in ("en", "ru") for seed in range(5)}


def test_restarts_are_growth_but_for_its_sizes():
    arms = trained("reference")
    grown = {(*one.params["spec"]["languages"], one.params["spec"]["seed"]): one.params["spec"]
             for one in arms["growth"]}  # fmt: skip
    for cell in arms["restarts"]:
        spec = cell.params["spec"]
        other = grown[*spec["languages"], spec["seed"]]
        for ours, theirs in zip(spec["stages"], other["stages"], strict=True):
            assert ours["budget"] == theirs["budget"] and ours["schedule"] == theirs["schedule"]
            assert ours["optimiser"] == theirs["optimiser"]
        sizes = [(one["growth"] or one["model"])["slots"] for one in spec["stages"]]
        assert sizes == [141, 143, 144]
        assert {**spec, "arm": "growth", "stages": 0} == {**other, "stages": 0}


def test_the_released_start_differs_by_how_blocks_begin_alone():
    """So it is the arm `released-init`, ten epochs long, with five seeds."""
    released, zero = (trained(name)["primary"] for name in ("reference-released", "reference"))
    assert len(released) == len(zero) == 2 * 3 * 5  # models, languages, seeds
    for one, other in zip(released, zero, strict=True):
        theirs = other.params["spec"]
        assert theirs["stages"][0]["model"].pop("residual_init") == "zero"
        assert one.params["spec"] == theirs
        assert {**one.params, "spec": 0} == {**other.params, "spec": 0}
