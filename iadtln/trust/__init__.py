"""How far a diagnosis can be believed: confidence, rejection, outliers, sets, expected accuracy."""

from iadtln.trust.evidence import Evidence, Expected
from iadtln.trust.judge import Judge, Verdicts

__all__ = ["Evidence", "Expected", "Judge", "Verdicts"]
