r"""Sets of diagnoses that hold the right one as often as asked, with no model of the errors.

A window's score is how little probability its true class got, :math:`s = 1 - p_y`; a set holds all
classes whose score is no larger than a quantile of those of held-out windows.
"""

import math

import torch
from torch import Tensor


def scores_of(probability: Tensor, label: Tensor) -> Tensor:
    r"""How little probability the true class got, :math:`1 - p_y`.

    Args:
        probability: shape ``(windows, classes)``.
        label: class numbers, shape ``(windows,)``.

    Returns:
        Shape ``(windows,)``.

    Reference: Sadinle, Lei and Wasserman, Least ambiguous set-valued classifiers, JASA 2019.
    """
    return 1 - probability.gather(1, label[:, None])[:, 0]


def conformal_threshold(scores: Tensor, miss_rate: float) -> float:
    r"""Score that a new window of the same kind exceeds with probability ``miss_rate`` at most.

    The :math:`\lceil (n + 1)(1 - \alpha) \rceil`-th smallest; infinite if there are too few.

    Args:
        scores: of held-out windows, shape ``(windows,)``.
        miss_rate: :math:`\alpha`.

    Raises:
        ValueError: If the miss rate is not between 0 and 1.

    Example:
        >>> conformal_threshold(torch.arange(1.0, 10.0), 0.2)  # the 8th of 9
        8.0

    Reference: Vovk, Gammerman and Shafer, Algorithmic learning in a random world, 2005; Lei et al.,
    Distribution-free predictive inference for regression, JASA 2018.
    """
    require_rate(miss_rate)
    rank = math.ceil((len(scores) + 1) * (1 - miss_rate) - 1e-9)  # 9.000000000000002 is 9
    return float(scores.sort().values[rank - 1]) if rank <= len(scores) else math.inf


def weighted_thresholds(
    scores: Tensor, ratio: Tensor, target_ratio: Tensor, miss_rate: float
) -> Tensor:
    r"""The same for windows of another kind: one threshold for each of them.

    .. math::
        t(x) = \mathrm{quantile}_{1 - \alpha} \Big( \sum_i p_i(x) \, \delta_{s_i} + p_\infty(x) \,
        \delta_\infty \Big), \quad p_i = \frac{w_i}{\sum_j w_j + w(x)}, \quad
        p_\infty = \frac{w(x)}{\sum_j w_j + w(x)}

    It holds under covariate shift: the domains differ in how often features occur, not in what they
    mean, and the ratio of densities is known. Where held-out windows hardly reach the target, the
    threshold is infinite and the set holds every class, which is the honest answer.

    Args:
        scores: of held-out source windows, shape ``(windows,)``.
        ratio: density of the target over that of the source at these, shape ``(windows,)``.
        target_ratio: the same at the windows to diagnose, shape ``(others,)``.
        miss_rate: :math:`\alpha`.

    Returns:
        Shape ``(others,)``, float64.

    Raises:
        ValueError: If the miss rate is not between 0 and 1, or the shapes differ.

    Example:
        >>> weighted_thresholds(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 1.0]),
        ...     torch.tensor([1.0, 36.0]), 0.4)  # 3 of 5 weigh up to the first score
        tensor([1., inf], dtype=torch.float64)

    Reference: Tibshirani et al., Conformal prediction under covariate shift, NeurIPS 2019, eq. 7.
    """
    require_rate(miss_rate)
    if scores.ndim != 1 or scores.shape != ratio.shape or target_ratio.ndim != 1:
        raise ValueError(
            "expected as many ratios as scores, shape (windows,), and ratios of the others, got "
            f"{tuple(ratio.shape)}, {tuple(scores.shape)} and {tuple(target_ratio.shape)}"
        )
    ordered, order = scores.double().sort()
    reached = ratio.double()[order].cumsum(0)
    needed = (1 - miss_rate) * (ratio.double().sum() + target_ratio.double())
    place = torch.searchsorted(reached, needed * (1 - 1e-12))  # rounding must not skip a score
    endless = torch.cat([ordered, ordered.new_full((1,), math.inf)])
    return endless[place]


def prediction_sets(probability: Tensor, threshold: Tensor | float) -> Tensor:
    """Classes that each window may have, the most probable one always among them.

    A sure source makes small thresholds, at which an unsure window would have no class at all;
    naming its first choice can only raise the share of sets that hold the truth.

    Args:
        probability: shape ``(windows, classes)``.
        threshold: one for all, or shape ``(windows,)``.

    Returns:
        Shape ``(windows, classes)``, bool.

    Example:
        >>> prediction_sets(torch.tensor([[0.5, 0.5, 0.0], [0.4, 0.3, 0.3]]), 0.55)
        tensor([[ True,  True, False],
                [ True, False, False]])
    """
    limit = torch.as_tensor(threshold, dtype=probability.dtype)
    sets = 1 - probability <= limit.reshape(-1, 1)
    return sets.scatter(1, probability.argmax(1, keepdim=True), True)


def coverage(sets: Tensor, label: Tensor) -> float:
    """Share of sets that hold the truth.

    Args:
        sets: shape ``(windows, classes)``, bool.
        label: class numbers, shape ``(windows,)``.
    """
    return float(sets.gather(1, label[:, None]).double().mean())


def require_rate(miss_rate: float) -> None:
    """Raise unless a share of misses is one.

    Raises:
        ValueError: If it is not above 0 and below 1.
    """
    if not 0 < miss_rate < 1:
        raise ValueError(f"expected a miss rate above 0 and below 1, got {miss_rate}")
