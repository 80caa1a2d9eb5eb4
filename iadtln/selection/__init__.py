"""Choosing a model without target labels: criteria as functions, and what each would have chosen.

Published numbers of this field are often those of the epoch that did best on the target, which
nobody could have known. Here weights are those of the last epoch, or of the epoch that a criterion
picks which reads no label of the target. The best epoch itself is called ``oracle`` everywhere:
it says how far a criterion falls short, and chooses nothing.
"""

from iadtln.selection.choice import ORACLE, chosen_epochs, selected
from iadtln.selection.criteria import (
    CRITERIA,
    Criterion,
    CriterionName,
    Outputs,
    Seen,
    source_accuracy,
    target_entropy,
)
from iadtln.selection.density import soft_neighbourhood_density
from iadtln.selection.dev import density_ratio, dev_risk

__all__ = [
    "CRITERIA",
    "ORACLE",
    "Criterion",
    "CriterionName",
    "Outputs",
    "Seen",
    "chosen_epochs",
    "density_ratio",
    "dev_risk",
    "selected",
    "soft_neighbourhood_density",
    "source_accuracy",
    "target_entropy",
]
