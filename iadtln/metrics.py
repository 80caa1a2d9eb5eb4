"""How good a diagnosis is, and how far apart two domains are."""

import math
from typing import NamedTuple

import torch
from torch import Tensor


def confusion_matrix(prediction: Tensor, label: Tensor, num_classes: int) -> Tensor:
    """Count each pair of truth and diagnosis.

    Args:
        prediction: class numbers, shape ``(windows,)``.
        label: true class numbers, shape ``(windows,)``.
        num_classes: number of classes.

    Returns:
        Counts of shape ``(num_classes, num_classes)``, int64; rows are the truth.

    Raises:
        ValueError: If the shapes differ or a number is not in ``0 ... num_classes - 1``.

    Example:
        >>> confusion_matrix(torch.tensor([0, 1, 1]), torch.tensor([0, 0, 1]), 2)
        tensor([[1, 1],
                [0, 1]])
    """
    if prediction.shape != label.shape or label.ndim != 1:
        raise ValueError(
            "prediction and label must both have the shape (windows,), got "
            f"{tuple(prediction.shape)} and {tuple(label.shape)}"
        )
    numbers = torch.cat([prediction, label])
    if numbers.numel() and not (int(numbers.min()) >= 0 and int(numbers.max()) < num_classes):
        raise ValueError(
            f"class numbers must be in 0 ... {num_classes - 1}, got "
            f"{int(numbers.min())} ... {int(numbers.max())}: is every window labelled?"
        )
    pairs = label.long() * num_classes + prediction.long()
    return torch.bincount(pairs, minlength=num_classes**2).view(num_classes, num_classes)


class ClassScores(NamedTuple):
    """Scores of every class, each of shape ``(num_classes,)``, float64."""

    precision: Tensor
    recall: Tensor
    f1: Tensor
    support: Tensor
    """Windows that are truly of the class (int64)."""


def class_scores(confusion: Tensor) -> ClassScores:
    r"""Precision, recall and :math:`F_1 = 2TP / (2TP + FP + FN)` of every class.

    A ratio without a denominator, as the recall of a class that is not there, is 0.

    Args:
        confusion: counts of shape ``(num_classes, num_classes)``, rows are the truth.

    Example:
        >>> class_scores(torch.tensor([[1, 1], [0, 2]])).recall
        tensor([0.5000, 1.0000], dtype=torch.float64)
    """
    hits = confusion.diagonal().double()
    diagnosed, support = confusion.sum(0), confusion.sum(1)
    return ClassScores(
        precision=hits / diagnosed.clamp(min=1),
        recall=hits / support.clamp(min=1),
        f1=2 * hits / (diagnosed + support).clamp(min=1),
        support=support,
    )


def accuracy(confusion: Tensor) -> float:
    """Share of windows with the right diagnosis; NaN without windows."""
    total = int(confusion.sum())
    return int(confusion.trace()) / total if total else math.nan


def macro_f1(confusion: Tensor) -> float:
    """Mean :math:`F_1` of the classes that occur as truth or as diagnosis; NaN without any."""
    occurs = (confusion.sum(0) + confusion.sum(1)) > 0
    return float(class_scores(confusion).f1[occurs].mean())


def domain_gap(source: Tensor, target: Tensor) -> float:
    r"""Distance of two sets of features, without labels: squared maximum mean discrepancy.

    .. math::
        \frac{1}{n(n-1)} \sum_{i \ne j} k(s_i, s_j) + \frac{1}{m(m-1)} \sum_{i \ne j} k(t_i, t_j)
        - \frac{2}{nm} \sum_{i,j} k(s_i, t_j), \qquad k(x, y) = e^{-\lVert x - y \rVert^2 / 2 M}

    M is the median squared distance of all pairs, so a network cannot shrink the gap by shrinking
    its features. The estimate is unbiased: 0 in the mean for domains that do not differ (slightly
    below by chance), 0.79 for two domains that are a point each.

    Args:
        source: features of shape ``(n, features)``.
        target: features of shape ``(m, features)``.

    Raises:
        ValueError: If the widths differ or a domain has fewer than two rows.

    Example:
        >>> round(domain_gap(torch.zeros(3, 1), torch.ones(3, 1)), 4)
        0.7869

    Reference: Gretton et al., A kernel two-sample test, JMLR 2012, eq. 3 and section 8.
    """
    n, m = len(source), len(target)
    if source.ndim != 2 or source.shape[1:] != target.shape[1:] or min(n, m) < 2:
        raise ValueError(
            "source and target features must have the same width and two or more rows each, got "
            f"{tuple(source.shape)} and {tuple(target.shape)}"
        )
    rows = torch.cat([source, target]).detach().double()
    squared = torch.cdist(rows, rows).square()
    median = squared[~torch.eye(n + m, dtype=torch.bool, device=rows.device)].median()
    if median == 0:  # more than half of the pairs coincide: the mean is the next best scale
        median = squared.mean()
    kernel = torch.exp(-squared / (2 * median.clamp(min=torch.finfo(squared.dtype).tiny)))
    within_source = (kernel[:n, :n].sum() - n) / (n * (n - 1))
    within_target = (kernel[n:, n:].sum() - m) / (m * (m - 1))
    return float(within_source + within_target - 2 * kernel[:n, n:].mean())


def normalised_entropy(probability: Tensor) -> Tensor:
    r"""Entropy over the last dimension divided by its largest value, :math:`\log K`: 0 to 1.

    Args:
        probability: shape ``(..., classes)``, sums to one.

    Returns:
        Shape ``(...)``: 0 where one class has all, 1 where all classes have the same.

    Example:
        >>> normalised_entropy(torch.tensor([[0.5, 0.5], [1.0, 0.0]]))
        tensor([1., 0.])
    """
    nats: Tensor = torch.special.entr(probability).sum(-1)
    return nats / math.log(max(probability.shape[-1], 2))
