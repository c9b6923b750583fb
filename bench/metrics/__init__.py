"""Values of a tokenization: arithmetic on the statistics that one encode leaves behind."""

from bench.metrics.rows import Setting, comparable, metric_rows

__all__ = ["Setting", "comparable", "metric_rows"]
