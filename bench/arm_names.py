"""Names of arms that the suite itself gives, and what they mean wherever rows are read."""

PRIMARY, BEST, SWEEP = "primary", "primary-best", "sweep"
RESERVED = frozenset({PRIMARY, BEST, SWEEP, "floor"})
_EARLY = "-early"


def early(arm: str) -> str:
    """The arm whose runs end at the first annealed point of `arm`, and are annealed before it."""
    return arm + _EARLY


def later(arm: str) -> str | None:
    """The arm that an early one begins; None for any other."""
    return arm.removesuffix(_EARLY) if arm.endswith(_EARLY) else None


def is_auxiliary(arm: str) -> bool:
    """Whether an arm's runs serve another: they choose its rate, or give its first points."""
    return arm == SWEEP or later(arm) is not None
