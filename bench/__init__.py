"""The suite: vocabularies, measurements, costs, training, statistics, report."""

__version__ = "0.1.0"
