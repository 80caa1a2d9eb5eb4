"""Slower looks at a signal: means over blocks of samples, as multiscale entropies take them."""

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

Difference = Literal["D0", "D1", "D5", "D6"]  # see ``dbcmse``


def moving_mean(signal: Tensor, scale: int) -> Tensor:
    r"""Means of all runs of so many samples.

    .. math:: A_i = \frac{1}{s} \sum_{l=0}^{s-1} x_{i+l}

    Every s-th of them, from the k-th on (``[..., k::s]``), is the coarse-grained signal of shift k:
    the composite and refined multiscale entropies use all shifts 0 to s - 1.

    Args:
        signal: shape ``(..., time)``.
        scale: samples in a run, :math:`s`.

    Returns:
        Shape ``(..., time - scale + 1)``.

    Raises:
        ValueError: If the scale is below 1, or the signal is shorter than one run.

    Reference: Wu et al., Time series analysis using composite multiscale entropy, Entropy 2013.
    """
    runs = signal.shape[-1] - scale + 1
    if scale < 1 or runs < 1:
        raise ValueError(
            f"expected a scale of 1 up to the signal's {signal.shape[-1]} samples, got {scale}"
        )
    # not by a running sum, whose round-off would move samples across thresholds
    total = signal[..., :runs].clone()
    for place in range(1, scale):
        total += signal[..., place : place + runs]
    return total.div_(scale)


def hierarchical_nodes(signal: Tensor, levels: int = 3) -> Tensor:
    r"""Halve a signal into means and half differences of neighbours, and these again.

    .. math:: u \mapsto \Bigl( \frac{u_{2j} + u_{2j+1}}{2}, \frac{u_{2j} - u_{2j+1}}{2} \Bigr)

    Halving the rate turns the upper half of the band, which the differences keep, upside down. So
    leaf i holds the band whose Gray code :math:`k \oplus \lfloor k / 2 \rfloor` is i: three levels
    give, of bands 0 (lowest) to 7 in frequency, 0 1 3 2 7 6 4 5.

    Args:
        signal: shape ``(..., time)``; samples that do not fill a block at the end are dropped.
        levels: how often.

    Returns:
        The leaves in the order of the tree, means before differences, not of frequency; shape
        ``(..., 2^levels, time // 2^levels)``.

    Raises:
        ValueError: If the signal is shorter than one block.

    Reference: Jiang, Peng and Xu, Hierarchical entropy analysis for biological signals, Journal of
    Computational and Applied Mathematics 2011.
    """
    block = 2**levels
    if levels < 0 or signal.shape[-1] < block:
        raise ValueError(
            f"expected levels of 0 or more and at least 2^levels samples, got {levels} levels for "
            f"{signal.shape[-1]} samples"
        )
    nodes = signal[..., : signal.shape[-1] // block * block].unsqueeze(-2)
    for _ in range(levels):
        even, odd = nodes[..., 0::2], nodes[..., 1::2]
        nodes = torch.stack([(even + odd) / 2, (even - odd) / 2], dim=-2).flatten(-3, -2)
    return nodes


def running_means(rows: Tensor, scales: int) -> Iterator[Tensor]:
    """``moving_mean`` at each scale, from the sum of the scale before: the same additions."""
    total = rows.clone()
    for scale in range(1, scales + 1):
        if scale > 1:
            total = total[:, :-1].add_(rows[:, scale - 1 :])
        yield total / scale


def running_differences(rows: Tensor, scales: int, difference: Difference) -> Iterator[Tensor]:
    """High-order differences at each scale, each from the one before."""
    factor = 0.5 if difference in ("D0", "D5") else 1.0
    values = rows.diff() * factor if difference in ("D5", "D6") else rows
    for scale in range(1, scales + 1):
        if scale > 1:
            values = values.diff() * factor
        yield values
