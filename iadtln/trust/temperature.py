"""Confidence that means what it says: temperature scaling and the error of calibration."""

import math

import torch
from torch import Tensor

STEPS = 60  # halvings of the bracket: to the last bit of float64
LARGEST = 1e3  # of the temperature and of its inverse


def temperature(logits: Tensor, label: Tensor, prior: float = 1.0) -> float:
    r"""Number to divide logits by, so that the probability of a diagnosis is how often it is right.

    The one that maximises the likelihood of held-out labels. As a function of
    :math:`\beta = 1 / T` the loss is convex, so the zero of its derivative is bracketed and halved:

    .. math::
        \frac{1}{n} \sum_i \Big( \sum_k p_k(\beta z_i) z_{ik} - \sum_k t_{ik} z_{ik} \Big) = 0

    Where every held-out window is right, as often here, likelihood alone asks for :math:`T = 0`:
    certainty, from a few hundred windows. Platt's remedy is used: targets are not 1 and 0 but

    .. math:: t_{iy} = \frac{n + c / K}{n + c}, \qquad t_{ik} = \frac{c / K}{n + c}

    as if c windows more had been seen, shared evenly by the K classes. With two classes and c = 2
    these are Platt's own; c = 1 is what n windows say with the least that is made up.

    Args:
        logits: of held-out windows, shape ``(windows, classes)``.
        label: class numbers, shape ``(windows,)``.
        prior: imagined windows, c; 0 is plain likelihood.

    Returns:
        T, at most 1000 and at least 1/1000; 1 where all logits of each window are equal.

    Raises:
        ValueError: If there is no window, or the shapes differ.

    Example:
        >>> round(temperature(torch.tensor([[4.0, 0.0]] * 4), torch.tensor([0, 0, 0, 1]), 0.0), 4)
        3.641

    Reference: Guo et al., On calibration of modern neural networks, ICML 2017, section 4.2;
    targets of Platt, Probabilistic outputs for support vector machines, 1999.
    """
    require_windows(logits, label)
    scores = logits.double()
    windows, classes = scores.shape
    chosen = scores.gather(1, label[:, None])[:, 0]
    wanted = (windows * chosen + prior * scores.sum(1) / classes) / (windows + prior)
    if bool((scores == scores[:, :1]).all()):
        return 1.0
    low, high = -math.log(LARGEST), math.log(LARGEST)  # of log beta
    for _ in range(STEPS):
        middle = (low + high) / 2
        expected = ((math.exp(middle) * scores).softmax(1) * scores).sum(1)
        if float((expected - wanted).mean()) > 0:
            high = middle
        else:
            low = middle
    return math.exp(-(low + high) / 2)


def confidence(logits: Tensor, scale: float = 1.0) -> Tensor:
    """Probability of the diagnosis, its largest.

    Args:
        logits: shape ``(windows, classes)``.
        scale: temperature.

    Returns:
        Shape ``(windows,)``, float64.
    """
    return (logits.double() / scale).softmax(1).amax(1)


def expected_calibration_error(logits: Tensor, label: Tensor, bins: int = 15) -> float:
    r"""How far confidence and accuracy are apart, on average over bins of confidence.

    .. math:: \sum_b \frac{n_b}{n} \, | \mathrm{accuracy}_b - \mathrm{confidence}_b |

    Args:
        logits: divided by the temperature already, shape ``(windows, classes)``.
        label: class numbers, shape ``(windows,)``.
        bins: of equal width, from 0 to 1.

    Raises:
        ValueError: If there is no window, or the shapes differ.

    Example:
        >>> logits = torch.tensor([[0.75, 0.25], [0.75, 0.25]]).log()
        >>> round(expected_calibration_error(logits, torch.tensor([0, 1])), 6)  # 50 % right at 75 %
        0.25

    Reference: Guo et al., ICML 2017, eq. 3.
    """
    require_windows(logits, label)
    sure = confidence(logits)
    gap = (logits.argmax(1) == label).double() - sure
    place = (sure * bins).ceil().long().clamp(1, bins) - 1
    total = torch.zeros(bins, dtype=torch.float64).index_add_(0, place, gap)
    return float(total.abs().sum()) / len(label)


def require_windows(logits: Tensor, label: Tensor) -> None:
    """Raise unless there is a label for each of one window or more.

    Raises:
        ValueError: Saying what came.
    """
    if logits.ndim != 2 or label.shape != logits.shape[:1] or not len(label):
        raise ValueError(
            "expected logits of shape (windows, classes) and as many labels, of one window or "
            f"more, got {tuple(logits.shape)} and {tuple(label.shape)}"
        )
