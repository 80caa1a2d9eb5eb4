"""How often the diagnoses of a new machine are right, estimated without its labels.

Both estimates carry over what confidence means from the source to the target. Where the target is
so foreign that the network errs confidently, neither notices: ask the outlier score first.
"""

import math

from torch import Tensor


def threshold_of_accuracy(confidence: Tensor, correct: Tensor) -> float:
    r"""Confidence that as large a share of held-out source windows exceeds as is right.

    .. math:: t: \quad \frac{1}{n} \sum_i [s_i < t] = \frac{1}{n} \sum_i [\hat y_i \ne y_i]

    Args:
        confidence: of held-out source windows, shape ``(windows,)``.
        correct: whether each diagnosis is right, shape ``(windows,)``, bool.

    Returns:
        t; without any error that of the least sure window.

    Raises:
        ValueError: If there is no window, or the shapes differ.

    Reference: Garg et al., Leveraging unlabeled data to predict out-of-distribution performance,
    ICLR 2022, eq. 1 (ATC with maximum confidence).
    """
    require_pairs(confidence, correct)
    wrong = int((~correct).sum())
    return float(confidence.sort().values[wrong]) if wrong < len(correct) else math.inf


def average_thresholded_confidence(confidence: Tensor, threshold: float) -> float:
    """Accuracy of windows without labels, 0 to 1: the share that is at least so sure.

    Args:
        confidence: of windows of the target, shape ``(windows,)``.
        threshold: of :func:`threshold_of_accuracy`.

    Example:
        >>> import torch
        >>> sure = torch.tensor([0.2, 0.6, 0.8, 0.9])
        >>> t = threshold_of_accuracy(sure, torch.tensor([False, True, True, True]))
        >>> average_thresholded_confidence(torch.tensor([0.5, 0.7]), t)
        0.5

    Reference: Garg et al., ICLR 2022, eq. 2.
    """
    return float((confidence >= threshold).double().mean())


def difference_of_confidences(source: Tensor, correct: Tensor, target: Tensor) -> float:
    r"""Accuracy of windows without labels: that of the source less what is lost in confidence.

    .. math:: A_S - (\bar s_S - \bar s_T)

    Args:
        source: confidence of held-out source windows, shape ``(windows,)``.
        correct: whether each of their diagnoses is right, shape ``(windows,)``, bool.
        target: confidence of windows of the target, shape ``(others,)``.

    Returns:
        Clipped to 0 to 1.

    Example:
        >>> import torch
        >>> sure, right = torch.tensor([0.75, 1.0]), torch.tensor([True, True])
        >>> difference_of_confidences(sure, right, torch.tensor([0.5]))
        0.625

    Reference: Guillory et al., Predicting with confidence on unseen distributions, ICCV 2021 (DoC).
    """
    require_pairs(source, correct)
    lost = source.double().mean() - target.double().mean()
    return float((correct.double().mean() - lost).clamp(0, 1))


def require_pairs(confidence: Tensor, correct: Tensor) -> None:
    """Raise unless confidence and correctness are of the same one window or more.

    Raises:
        ValueError: Saying what came.
    """
    if confidence.ndim != 1 or confidence.shape != correct.shape or not len(correct):
        raise ValueError(
            "expected confidence and correctness of one window or more, both of shape "
            f"(windows,), got {tuple(confidence.shape)} and {tuple(correct.shape)}"
        )
