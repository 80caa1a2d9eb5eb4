"""Sample entropy: how rarely stretches of a signal that were alike stay alike."""

import torch
from torch import Tensor

CHUNK = 2**24  # comparisons held at once, so that memory does not grow with batch or record


def sample_entropy(signal: Tensor, order: int = 2, tolerance: float = 0.2) -> Tensor:
    r"""Negative logarithm of the chance that a match of m samples goes on for one more.

    Of the N - m stretches that have a next sample, count the pairs (never a stretch with itself)
    that differ by at most :math:`r \sigma` in every one of m samples, B, and of m + 1 samples, A:

    .. math:: H = -\ln \frac{A}{B}

    The time it takes grows with the square of the samples.

    Args:
        signal: shape ``(..., time)``.
        order: :math:`m`, samples that must match first.
        tolerance: :math:`r`, as a share of the signal's standard deviation :math:`\sigma` (that of
            the population). A difference of exactly :math:`r \sigma` is a match, as in the paper.

    Returns:
        Shape ``(...)``; infinite if no match goes on, NaN if there is no match at all or the signal
        holds a NaN, zero for a constant.

    Raises:
        ValueError: If the signal has fewer than ``order + 2`` samples, or the order or the
            tolerance makes no sense.

    Example:
        Of the six pairs of equal values four have equal successors: ln 1.5.

        >>> sample_entropy(torch.tensor([0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0]), order=1)
        tensor(0.4055)

    Reference: Richman and Moorman, Physiological time-series analysis using approximate entropy and
    sample entropy, American Journal of Physiology 2000.
    """
    time = signal.shape[-1]
    if order < 1 or tolerance < 0:
        raise ValueError(
            f"expected an order of at least 1 and a tolerance of at least 0, "
            f"got {order} and {tolerance}"
        )
    if time < order + 2:
        raise ValueError(
            f"expected at least order + 2 = {order + 2} samples for two stretches, got {time}"
        )
    rows = signal.detach().reshape(-1, time)
    rows = rows.to(torch.promote_types(rows.dtype, torch.float32))
    radius = tolerance * rows.std(-1, correction=0)
    matches = _count(rows, radius, order).double()
    entropy = matches[:, 0].log() - matches[:, 1].log()  # inf without A, inf - inf without B
    return entropy.to(signal.dtype).reshape(signal.shape[:-1])


def _count(rows: Tensor, radius: Tensor, order: int) -> Tensor:
    """Counts of the matches, by whichever path suits the device."""
    if rows.device.type == "cpu":
        from iadtln.signals import entropy_numba  # here: numba takes half a second to load

        return entropy_numba.count_matches(rows, radius, order)
    return count_matches(rows, radius, order)


def count_matches(rows: Tensor, radius: Tensor, order: int) -> Tensor:
    """Count the pairs of like stretches, on any device; ``entropy_numba`` has the same.

    Args:
        rows: shape ``(rows, time)``.
        radius: largest difference in a match, shape ``(rows,)``.
        order: samples in a stretch.

    Returns:
        Integers, shape ``(rows, 2)``: pairs alike in ``order`` samples, and in one more.
    """
    size = max(1, CHUNK // rows.shape[-1])
    shares = zip(torch.split(rows, size), torch.split(radius, size), strict=True)
    return torch.cat([_count_share(share, limit, order) for share, limit in shares])


def _count_share(rows: Tensor, radius: Tensor, order: int) -> Tensor:
    stretches = rows.shape[-1] - order
    counts = torch.zeros(len(rows), 2, dtype=torch.int64, device=rows.device)
    # no sample is within reach of the NaNs after the end
    padded = torch.nn.functional.pad(rows, (0, rows.shape[-1]), value=torch.nan)
    lags_at_once = max(1, CHUNK // rows.numel())
    later = padded.unfold(-1, rows.shape[-1], 1)  # (rows, lags, time), a view
    for first in range(1, stretches, lags_at_once):
        block = later[:, first : min(first + lags_at_once, stretches)]
        close = (block - rows[:, None]).abs() <= radius[:, None, None]
        alike = close[..., :stretches]
        for place in range(1, order):
            alike = alike & close[..., place : place + stretches]
        # the second stretch needs a next sample too
        alike = alike & ~block[..., order:].isnan()
        counts[:, 0] += alike.sum((1, 2))
        counts[:, 1] += (alike & close[..., order:]).sum((1, 2))
    return counts
