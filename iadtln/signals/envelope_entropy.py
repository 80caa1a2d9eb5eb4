"""Entropies of a signal's amplitudes: of its envelope over time, and of its values' histogram."""

import math

import torch
from torch import Tensor

from iadtln.signals.envelope import envelope
from iadtln.signals.permutation_entropy import count_codes


def envelope_entropy(signal: Tensor, normalise: bool = False) -> Tensor:
    r"""How evenly the envelope is spread over the window; a few sharp pulses make it small.

    With the envelope :math:`a_j` and :math:`p_j = a_j / \sum a`,

    .. math:: H = -\sum_j p_j \ln p_j \le \ln N

    Args:
        signal: shape ``(..., time)``.
        normalise: divide by :math:`\ln N`, so that windows of different length compare.

    Returns:
        Shape ``(...)``. A signal of zeros has the greatest entropy, that of a flat envelope: a
        search that minimises must not be drawn to filters that let nothing pass.

    Reference: AMOMCKD-CNN (Scientific Reports 2025, s41598-025-96106-3), second objective.
    """
    time = signal.shape[-1]
    heights = envelope(signal)
    total = heights.sum(-1, keepdim=True)
    share = torch.where(total == 0, 1.0 / time, heights / total)
    entropy: Tensor = torch.special.entr(share).sum(-1)
    return entropy / math.log(time) if normalise else entropy


def information_entropy(signal: Tensor, bins: int | None = None, normalise: bool = False) -> Tensor:
    r"""Shannon entropy of the histogram of a signal's values.

    .. math:: H = -\sum_b p_b \ln p_b

    The bins are equally wide, from the signal's least value to its greatest. So the entropy does
    not depend on scale or offset, and an outlier, which squeezes all else into few bins, makes it
    small. Their number depends on the number of samples only, unlike that of rules which look at
    the spread (Freedman and Diaconis): entropies of windows of one length compare.

    Args:
        signal: shape ``(..., time)``.
        bins: number of bins; if none is given, :math:`\lceil 2 N^{1/3} \rceil` (Rice's rule), 26
            for 2048 samples, few enough that the bias of about (bins - 1) / 2N stays below 0.01.
        normalise: divide by the logarithm of the number of bins.

    Returns:
        Shape ``(...)``; zero for a constant, NaN where the signal is not finite.

    Raises:
        ValueError: If there are fewer than two bins.
    """
    time = signal.shape[-1]
    if bins is None:
        bins = max(2, math.ceil(2 * time ** (1 / 3) - 1e-9))  # 1e-9: 64 ** (1 / 3) is above 4
    if bins < 2:
        raise ValueError(f"expected at least two bins, got {bins}")
    rows = signal.reshape(-1, time)
    low, high = rows.amin(-1, keepdim=True), rows.amax(-1, keepdim=True)
    place = torch.where(high == low, 0.0, (rows - low) / (high - low))
    codes = (place * bins).long().clamp(0, bins - 1)  # the greatest value joins the last bin
    share = count_codes(codes, bins) / time
    entropy: Tensor = torch.special.entr(share.to(signal.dtype)).sum(-1)
    entropy = torch.where(place.isnan().any(-1), torch.nan, entropy).reshape(signal.shape[:-1])
    return entropy / math.log(bins) if normalise else entropy
