"""How strongly a transfer loss acts, as a function of the progress of the transfer phase.

A schedule is a pure function of progress (0 at the first transfer epoch, towards 1 at the end), so
a resumed run has the same weights as one that was never interrupted.
"""

import math
from abc import ABC, abstractmethod


class Schedule(ABC):
    """A factor for a loss, from the progress of the transfer phase."""

    @abstractmethod
    def __call__(self, progress: float) -> float:
        """Return the factor at ``progress`` in [0, 1]."""


class Constant(Schedule):
    """The factor 1 from the first transfer epoch on.

    Example:
        >>> Constant()(0.3)
        1.0
    """

    def __call__(self, progress: float) -> float:
        """Return 1 whatever the progress."""
        return 1.0


class Sigmoid(Schedule):
    r"""Equation 20–21 of IADTLN: 0 at the start, about 1 at the end.

    .. math:: \beta(p) = \frac{2}{1 + e^{-\gamma p}} - 1

    Args:
        steepness: :math:`\gamma`; 10 in the paper, as in DANN.

    Example:
        >>> Sigmoid()(0.0), round(Sigmoid()(1.0), 4)
        (0.0, 0.9999)

    Reference: Yang et al., Scientific Reports 2025, eq. 20–21; Ganin et al., JMLR 2016.
    """

    def __init__(self, steepness: float = 10.0) -> None:
        self.steepness = steepness

    def __call__(self, progress: float) -> float:
        """Return the factor at ``progress``."""
        return 2.0 / (1.0 + math.exp(-self.steepness * progress)) - 1.0
