"""Permutation entropy: how evenly a signal uses all the ways its samples can be ordered."""

import math

import torch
from torch import Tensor

MAX_ORDER = 10  # 10! = 3.6 million patterns; no signal fills more
CHUNK = 2**24  # samples and counts held at once, so that memory does not grow with the batch


def permutation_entropy(
    signal: Tensor, order: int = 6, delay: int = 1, normalise: bool = True
) -> Tensor:
    r"""Entropy of the ordinal patterns of a signal.

    Pattern i is the order of the values :math:`x_i, x_{i+\tau}, \dots, x_{i+(m-1)\tau}`; equal
    values keep their order in time. With the share :math:`p_k` of each of the m! patterns,

    .. math:: H = -\sum_k p_k \ln p_k, \qquad H / \ln m! \text{ if normalised.}

    Args:
        signal: shape ``(..., time)``.
        order: :math:`m`, samples in a pattern. Choose m! well below the number of samples.
        delay: :math:`\tau`, step between the samples of a pattern.
        normalise: divide by the entropy of equally frequent patterns, so that it ends at 1.

    Returns:
        Shape ``(...)``; NaN where the signal holds one.

    Raises:
        ValueError: If the order or the delay makes no sense, or the signal is too short.

    Example:
        >>> rising_and_falling = torch.tensor([[0.0, 1.0, 2.0, 3.0], [0.0, 2.0, 1.0, 3.0]])
        >>> permutation_entropy(rising_and_falling, order=2)
        tensor([0.0000, 0.9183])

    Reference: Bandt and Pompe, Permutation entropy: a natural complexity measure for time series,
    Physical Review Letters 2002.
    """
    patterns = signal.shape[-1] - (order - 1) * delay
    if not 2 <= order <= MAX_ORDER:
        raise ValueError(f"expected an order of 2 to {MAX_ORDER}, got {order}")
    if delay < 1 or patterns < 1:
        raise ValueError(
            f"expected a delay of at least 1 and (order - 1) * delay below the signal's "
            f"{signal.shape[-1]} samples, got order {order} and delay {delay}"
        )
    rows = signal.reshape(-1, signal.shape[-1])
    size = max(1, CHUNK // (rows.shape[-1] + math.factorial(order)))
    pieces = [_entropy(_count(chunk, order, delay), patterns) for chunk in torch.split(rows, size)]
    entropy = torch.cat(pieces) / (math.log(math.factorial(order)) if normalise else 1.0)
    entropy = torch.where(rows.isnan().any(-1), torch.nan, entropy)
    return entropy.to(signal.dtype).reshape(signal.shape[:-1])


def _count(rows: Tensor, order: int, delay: int) -> Tensor:
    """Counts of the patterns, by whichever path suits the device."""
    if rows.device.type == "cpu":
        from iadtln.signals import entropy_numba  # here: numba takes half a second to load

        return entropy_numba.count_patterns(rows, order, delay)
    return count_patterns(rows, order, delay)


def _entropy(counts: Tensor, total: int) -> Tensor:
    """Entropy of each row's counts, which add up to ``total``; float64."""
    table = torch.arange(total + 1, dtype=torch.float64, device=counts.device)
    table = torch.special.xlogy(table, table)
    # ln n - (1/n) sum c ln c is the same with one look-up in place of each logarithm
    entropy: Tensor = math.log(total) - table[counts].sum(-1) / total
    return entropy.clamp(min=0.0)


def count_patterns(rows: Tensor, order: int, delay: int) -> Tensor:
    """Count the ordinal patterns of each row, on any device; ``entropy_numba`` has the same.

    A pattern's number is its Lehmer code: for each sample the number of later, smaller ones, read
    as digits in the factorial number system.

    Args:
        rows: shape ``(rows, time)``.
        order: samples in a pattern.
        delay: step between them.

    Returns:
        Integers, shape ``(rows, order!)``.
    """
    patterns = rows.shape[-1] - (order - 1) * delay
    values = [rows[:, place * delay : place * delay + patterns] for place in range(order)]
    codes = torch.zeros(values[0].shape, dtype=torch.int64, device=rows.device)
    for place in range(order - 1):
        for later in range(place + 1, order):
            codes += (values[place] > values[later]) * math.factorial(order - 1 - place)
    return count_codes(codes, math.factorial(order))


def count_codes(codes: Tensor, bins: int) -> Tensor:
    """Histogram of each row of integers below ``bins``.

    Args:
        codes: int64, shape ``(rows, values)``.
        bins: how many different integers there can be.

    Returns:
        Integers, shape ``(rows, bins)``.
    """
    # scatter_add, as bincount makes the host wait for the device
    counts = torch.zeros(len(codes) * bins, dtype=torch.int64, device=codes.device)
    first = torch.arange(len(codes), device=codes.device)[:, None] * bins
    counts.scatter_add_(0, (codes + first).flatten(), torch.ones_like(codes).flatten())
    return counts.reshape(len(codes), bins)
