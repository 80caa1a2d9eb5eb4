r"""Average kurtosis: the kurtosis of one fault period at a time, averaged over all periods.

.. math::
    AK = \frac{1}{M} \sum_{m=1}^{M} \frac{P_m \sum_{n \in I_m} y[n]^4}
                                         {\left( \sum_{n \in I_m} y[n]^2 \right)^2}

Segment :math:`I_m` holds the :math:`P_m` samples of a period. A single accidental shock, however
large, can raise one term of the mean only, and that by no more than :math:`P_m`.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from iadtln.signals.overlap_save import BlockedSignal

PRODUCT_CHUNK = 2**20  # values held at once by ``weighted_gram``, so that long signals fit too


class Segments:
    """Cuts a signal into fault periods, which need not be whole numbers of samples.

    Segment m holds the samples from ``round(offset + (m - 1) * period)`` up to
    ``round(offset + m * period)``; what is left at the ends belongs to none.

    Args:
        period: samples per fault period, at least 2.
        time: samples of the signal, at least a period.
        offset: where the first segment starts, in samples.
        device: of the signals.

    Raises:
        ValueError: If the signal holds no period, or the period no two samples.
    """

    def __init__(
        self, period: float, time: int, offset: float = 0.0, device: torch.device | None = None
    ) -> None:
        if offset < 0 or not 2 <= period <= time - offset:
            raise ValueError(
                f"expected a period of 2 to {time - offset:g} samples (what the signal holds from "
                f"its offset on) and an offset from 0, got {period:g} and {offset:g}"
            )
        self.count = math.floor((time - offset) / period)
        edges = offset + period * torch.arange(self.count + 1, dtype=torch.float64, device=device)
        self.edges = edges.round().long().clamp(max=time)
        self.lengths = self.edges.diff()
        place = torch.arange(time, device=device)
        owner = torch.searchsorted(self.edges, place, right=True) - 1
        # samples of no segment point behind the last, where a zero stands
        self.owner = torch.where(owner < 0, self.count, owner)
        inside = torch.arange(int(self.lengths.max()), device=device)
        members = self.edges[:-1, None] + inside
        self.members = torch.where(inside < self.lengths[:, None], members, time)

    def split(self, signal: Tensor) -> Tensor:
        """Return the segments of signals, filled up with zeros, ``(..., segments, samples)``."""
        index = self.members.flatten().expand(*signal.shape[:-1], -1)
        pieces = F.pad(signal, (0, 1)).gather(-1, index)
        return pieces.reshape(*signal.shape[:-1], *self.members.shape)

    def spread(self, values: Tensor) -> Tensor:
        """Return for each sample the value of its segment, ``(..., segments) -> (..., time)``."""
        index = self.owner.expand(*values.shape[:-1], -1)
        return F.pad(values, (0, 1)).gather(-1, index)

    def moments(self, signal: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Sums of squares and fourth powers, and which segments sound, ``(..., segments)`` each.

        They are those of the signal scaled to a peak of 1, so that fourth powers fit into float32.
        A segment more than some 100 dB (float32) below the mean is rounding error of a filter run
        over silence; one over its power would outweigh everything else.
        """
        peak = signal.abs().amax(-1, keepdim=True).clamp(min=torch.finfo(signal.dtype).tiny)
        squares = self.split(signal / peak).square()
        second, fourth = squares.sum(-1), squares.square().sum(-1)
        floor = (100 * torch.finfo(signal.dtype).eps) ** 2
        return second, fourth, second > floor * second.mean(-1, keepdim=True)

    def average_kurtosis(self, signal: Tensor) -> Tensor:
        """Return the mean kurtosis of the segments, of which silent ones count as 0."""
        second, fourth, sounds = self.moments(signal)
        kurtosis = self.lengths * fourth / second.square()
        return torch.where(sounds, kurtosis, 0.0).mean(-1)


def average_kurtosis(signal: Tensor, period: float, offset: float = 0.0) -> Tensor:
    """Mean kurtosis about zero of the fault periods of a signal.

    Args:
        signal: shape ``(..., time)``.
        period: samples per fault period, for instance samples per revolution over fault order.
        offset: where the first period starts, in samples.

    Returns:
        Shape ``(...)``: 3 for much Gaussian noise a period, at most ``period``; silent periods
        count as 0.

    Raises:
        ValueError: If the signal holds no period.

    Example:
        >>> average_kurtosis(torch.tensor([0.0, 2.0, 0.0, 0.0, 1.0, 1.0]), period=3)
        tensor(2.2500)

    Reference: ED-GAFMD, doi 10.1177/10775463261461759; formula derived from its description.
    """
    segments = Segments(period, signal.shape[-1], offset, signal.device)
    return segments.average_kurtosis(signal)


def weighted_gram(exact: BlockedSignal, signal: Tensor, weights: Tensor, parts: Segments) -> Tensor:
    r"""Gram matrices of delayed signals with one weight a segment, :math:`\sum_m w_m X_m X_m^T`.

    The entry one row and one column on sums the same products one sample on, so that it differs
    only where the weight jumps: at the edges :math:`n_m` of the segments,

    .. math:: A[i + 1, j + 1] = A[i, j] + \sum_m (w_{m+1} - w_m) u_m[i] u_m[j],
              \quad u_m[i] = x[n_m - 1 - i].

    One correlation gives the first row, a product of one column a segment (not a sample) the
    steps, and a running sum down the diagonals the rest.

    Args:
        exact: the signals in float64, made ready for filters of L taps.
        signal: the same signals, shape ``(..., groups, time)``.
        weights: shape ``(..., modes, segments)``, with ``groups`` equal to 1 or ``modes``.
        parts: the segments.

    Returns:
        Symmetric, float64, shape ``(..., modes, taps, taps)``.
    """
    weights, signal = weights.double(), signal.double()
    first_row = exact.correlate(parts.spread(weights) * signal)
    matrix = first_row.new_zeros(*first_row.shape, exact.taps)
    matrix[..., 1:, 1:] = _jumps(signal, weights, parts.edges, exact.taps - 1)
    matrix[..., 0, :] = matrix[..., :, 0] = first_row
    for row in range(1, exact.taps):
        matrix[..., row, 1:] += matrix[..., row - 1, :-1]
    return matrix


def _jumps(signal: Tensor, weights: Tensor, edges: Tensor, taps: int) -> Tensor:
    """Sum over the edges of the jump of the weight times the outer product of what came before."""
    past = F.pad(signal, (taps, 0))
    delays = torch.arange(taps, device=signal.device)[:, None]
    jump = F.pad(weights, (1, 1)).diff()[..., None, :]  # (..., modes, 1, edges)
    total = signal.new_zeros(*weights.shape[:-1], taps, taps)
    size = max(1, PRODUCT_CHUNK // max(1, weights[..., 0].numel() * taps))
    for first in range(0, len(edges), size):
        part = slice(first, first + size)
        before = past[..., edges[part] - 1 - delays + taps]  # (..., groups, taps, edges)
        # the modes of a group share one matrix, so that theirs are stacked into one product
        stacked = (before * jump[..., part]).reshape(*before.shape[:-2], -1, before.shape[-1])
        total += (stacked @ before.mT).view_as(total)
    return total
