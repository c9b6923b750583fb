"""Learning curves to comparisons: compute to a target, area under the curve, bits at equal cost.

Pure functions of the rows of training.csv and curves.csv, and of the bits of every held-out unit
where runs have kept them: from those come the documents' part of an error. Only annealed points
are read; between them everything is linear in the logarithm of the cost, and outside them nothing
is guessed.
"""

from bench.convergence.charges import Charge, charge_rows
from bench.convergence.evidence import Evidence
from bench.convergence.measures import AXES, TARGETS
from bench.convergence.rows import at_common, rows
from bench.convergence.status import judge

__all__ = ["AXES", "TARGETS", "Charge", "Evidence", "at_common", "charge_rows", "judge", "rows"]
