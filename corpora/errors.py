"""The one exception of this room that a user is meant to read."""


class CorpusError(Exception):
    """Bad input or a missing source, in one line: what is wrong, where, and what to do."""
