"""Leaving the hardest windows undecided, so that what is decided is wrong no oftener than asked."""

import math
from typing import NamedTuple

from scipy.stats import beta
from torch import Tensor

from iadtln.trust.target_accuracy import require_pairs

COVERAGES = 20  # that are tried, evenly spaced


class Rejection(NamedTuple):
    """Which windows to decide, and what is known of those."""

    threshold: float
    """Confidence from which on a window is decided; infinite if the risk cannot be promised."""
    coverage: float
    """Share of held-out windows that is decided."""
    bound: float
    """The share of wrong ones among the decided is below this, but for the failure rate."""


def risk_bound(wrong: int, windows: int, failure: float) -> float:
    r"""Largest error rate that still yields so few errors with probability ``failure``.

    .. math:: b: \quad \sum_{j=0}^{e} \binom{m}{j} b^j (1 - b)^{m - j} = \delta

    Args:
        wrong: errors among the windows, e.
        windows: number of them, m.
        failure: :math:`\delta`.

    Example:
        >>> round(risk_bound(0, 58, 0.05), 3)  # the rule of three, nearly: 3 / 58
        0.05

    Reference: Clopper and Pearson, Biometrika 26, 1934; Gascuel and Caraux 1992.
    """
    if wrong >= windows:
        return 1.0
    return float(beta.ppf(1 - failure, wrong + 1, windows - wrong))


def selective_threshold(
    confidence: Tensor, correct: Tensor, risk: float, failure: float = 0.05
) -> Rejection:
    r"""Least confidence at which the decided windows are wrong at most at a set rate.

    Of twenty coverages, all windows down to the surest twentieth, the largest is taken whose bound
    is below the risk. Each bound may fail with probability :math:`\delta / 20` only, so with
    probability :math:`1 - \delta` over the draw of held-out windows the error rate of new ones *of
    the same kind* is below it. That holds for the source; on a target it is a hope that its
    confidence means the same. And windows of one recording are no independent draws: the promise
    is then a little too bold.

    Args:
        confidence: of held-out source windows, shape ``(windows,)``.
        correct: whether each diagnosis is right, shape ``(windows,)``, bool.
        risk: share of wrong ones among the decided that is allowed, above 0 and below 1.
        failure: probability that the promise fails, :math:`\delta`.

    Raises:
        ValueError: If an option is not between 0 and 1, or the shapes differ.

    Example:
        >>> import torch
        >>> sure = torch.linspace(0.5, 1, 200)
        >>> selective_threshold(sure, torch.ones(200, dtype=torch.bool), 0.05).coverage
        1.0

    Reference: Geifman and El-Yaniv, Selective classification for deep neural networks, NIPS 2017,
    lemma 3.1, over fixed coverages: their search by halving begins at half of the windows, and may
    fail there, where all of them together would pass.
    """
    require_pairs(confidence, correct)
    if not (0 < risk < 1 and 0 < failure < 1):
        raise ValueError(f"expected 0 < risk < 1 and 0 < failure < 1, got {risk} and {failure}")
    ordered, order = confidence.double().sort(descending=True)
    errors = (~correct[order]).cumsum(0).tolist()
    for trial in range(COVERAGES, 0, -1):
        surest = len(errors) * trial // COVERAGES
        if not surest:
            break
        decided = int((ordered >= ordered[surest - 1]).sum())  # equals are decided alike
        bound = risk_bound(errors[decided - 1], decided, failure / COVERAGES)
        if bound < risk:
            return Rejection(float(ordered[decided - 1]), decided / len(errors), bound)
    return Rejection(math.inf, 0.0, 1.0)
