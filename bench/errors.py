"""The exceptions of the suite that a user is meant to read."""


class InputError(Exception):
    """Bad input, in one line: what is wrong, where, and what to do. The command exits with 2."""


class CheckFailed(Exception):
    """A check the user asked for did not hold (verify, compare). The command exits with 1."""
