"""Weighted permutation entropy: orders of samples, where wide swings count more than small ones."""

import math

import torch
from torch import Tensor

from iadtln.signals.dispersion_entropy import entropy_of_shares
from iadtln.signals.permutation_entropy import MAX_ORDER

CHUNK = 2**24  # samples and weights held at once, so that memory does not grow with the batch


def weighted_permutation_entropy(
    signal: Tensor, order: int = 4, delay: int = 1, normalise: bool = True
) -> Tensor:
    r"""Entropy of the ordinal patterns of a signal, each weighted by its variance.

    Pattern i is the order of the m values :math:`x_i, x_{i+\tau}, \dots`; equal values keep their
    order in time. Its weight :math:`w_i` is the variance (that of the population) of these values.
    With the share :math:`p_k` of the weight that the patterns of kind k hold,

    .. math:: H = -\sum_k p_k \ln p_k, \qquad H / \ln m! \text{ if normalised.}

    Args:
        signal: shape ``(..., time)``.
        order: :math:`m`, samples in a pattern. Choose m! well below the number of samples.
        delay: :math:`\tau`, step between the samples of a pattern.
        normalise: divide by the entropy of equal shares, so that it ends at 1.

    Returns:
        Shape ``(...)``; zero for a constant, NaN where the signal is not finite.

    Raises:
        ValueError: If the order or the delay makes no sense, or the signal is too short.

    Example:
        A rise by 1 and a fall by 3: variances of 1/4 and 9/4.

        >>> weighted_permutation_entropy(torch.tensor([2.0, 3.0, 0.0]), order=2)
        tensor(0.4690)

    Reference: Fadlallah et al., Weighted-permutation entropy: a complexity measure for time series
    incorporating amplitude information, Physical Review E 2013.
    """
    return composite_weighted_permutation_entropy(signal, order, delay, normalise, hop=1)


def composite_weighted_permutation_entropy(
    signal: Tensor, order: int = 4, delay: int = 1, normalise: bool = True, hop: int = 1
) -> Tensor:
    """Mean weighted permutation entropy of the series that take every so-manieth sample.

    Args:
        signal: shape ``(..., time)``.
        order: samples in a pattern.
        delay: step between the samples of a pattern, within a series.
        normalise: divide by the entropy of equal shares.
        hop: number of series, which are ``signal[..., k::hop]`` for k from 0 to hop - 1.

    Returns:
        Shape ``(...)``.

    Raises:
        ValueError: If the order or the delay makes no sense, or a series is too short.
    """
    shortest = signal.shape[-1] // hop
    if not 2 <= order <= MAX_ORDER:
        raise ValueError(f"expected an order of 2 to {MAX_ORDER}, got {order}")
    if delay < 1 or shortest <= (order - 1) * delay:
        raise ValueError(
            f"expected a delay of at least 1 and (order - 1) * delay below the {shortest} samples "
            f"of a series, got order {order} and delay {delay}"
        )
    rows = signal.detach().reshape(-1, signal.shape[-1])
    rows = rows.to(torch.promote_types(rows.dtype, torch.float32))
    size = max(1, CHUNK // (rows.shape[-1] + hop * math.factorial(order)))
    pieces = []
    for chunk in torch.split(rows, size):
        weights = _add(chunk, order, delay, hop)
        total = weights.sum(-1, keepdim=True)
        shares = torch.where(total == 0, 0.0, weights / total)
        pieces.append(entropy_of_shares(shares, normalise).mean(-1))
    return torch.cat(pieces).to(signal.dtype).reshape(signal.shape[:-1])


def _add(rows: Tensor, order: int, delay: int, hop: int) -> Tensor:
    """Weights of the patterns, by whichever path suits the device."""
    if rows.device.type == "cpu":
        from iadtln.signals import entropy_numba  # here: numba takes half a second to load

        return entropy_numba.weigh_patterns(rows, order, delay, hop)
    return weigh_patterns(rows, order, delay, hop)


def weigh_patterns(rows: Tensor, order: int, delay: int, hop: int) -> Tensor:
    r"""Add up the weights of the ordinal patterns, on any device; ``entropy_numba`` has the same.

    The weights are :math:`\sum_{a < b} (x_a - x_b)^2`, which is :math:`m^2` times the variance and
    exactly zero for equal values.

    Args:
        rows: shape ``(rows, time)``.
        order: samples in a pattern.
        delay: step between them, within a series.
        hop: number of series, which are ``rows[:, k::hop]``.

    Returns:
        float64, shape ``(rows, hop, order!)``; patterns are numbered by their Lehmer code.
    """
    step, bins = delay * hop, math.factorial(order)
    patterns = rows.shape[-1] - (order - 1) * step
    values = [rows[:, place * step : place * step + patterns] for place in range(order)]
    codes = torch.arange(patterns, device=rows.device) % hop * bins  # a histogram per series
    codes = codes.repeat(len(rows), 1)
    weights = torch.zeros_like(values[0])
    for place in range(order - 1):
        for later in range(place + 1, order):
            fall = values[place] - values[later]
            codes += (fall > 0) * math.factorial(order - 1 - place)
            weights += fall * fall
    sums = torch.zeros(len(rows), hop * bins, dtype=torch.float64, device=rows.device)
    return sums.scatter_add_(1, codes, weights.double()).reshape(len(rows), hop, bins)
