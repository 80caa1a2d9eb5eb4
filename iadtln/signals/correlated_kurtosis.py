r"""Correlated kurtosis: how much a signal's pulses return after a period.

.. math:: CK_M(T) = \frac{\sum_n \left( \prod_{m=0}^{M} y[n - m T] \right)^2}
                         {\left( \sum_n y[n]^2 \right)^{M+1}}

Raw values are tiny (about :math:`10^{-15}` for M = 5 and 8192 samples), so the logarithm is what
can be computed in float32.
"""

import math
from functools import cached_property
from itertools import accumulate

import torch
import torch.nn.functional as F
from torch import Tensor

from iadtln.signals.threads import compiled_suits


def correlated_kurtosis(signal: Tensor, period: float | Tensor, shifts: int = 1) -> Tensor:
    """Correlated kurtosis of a signal at a period.

    Args:
        signal: shape ``(..., time)``.
        period: samples between two pulses, rounded to whole samples; one number, or a tensor that
            broadcasts to the leading dimensions.
        shifts: number of periods that a pulse train spans, :math:`M`.

    Returns:
        Shape ``(...)``; zero for a signal of zeros and for a train longer than the signal. Float32
        has no room for it with many shifts: use ``log_correlated_kurtosis``.

    Raises:
        ValueError: If ``period`` or ``shifts`` is below 1.

    Example:
        >>> pulses = torch.tensor([0.0, 2.0, 0.0, 2.0])
        >>> correlated_kurtosis(pulses, period=2)
        tensor(0.2500)

    Reference: McDonald, Zhao and Zuo, Maximum correlated kurtosis deconvolution, MSSP 2012, eq. 4.
    """
    return log_correlated_kurtosis(signal, period, shifts).exp()


def log_correlated_kurtosis(signal: Tensor, period: float | Tensor, shifts: int = 1) -> Tensor:
    """Natural logarithm of ``correlated_kurtosis``, which does not underflow.

    Args:
        signal: shape ``(..., time)``.
        period: as for ``correlated_kurtosis``.
        shifts: likewise.

    Returns:
        Shape ``(...)``, minus infinity where the correlated kurtosis is zero.

    Raises:
        ValueError: If ``period`` or ``shifts`` is below 1.
    """
    if shifts < 1:
        raise ValueError(f"expected at least one shift, got shifts={shifts}")
    delays = Delays(whole_periods(period, signal), shifts, signal.shape[-1])
    return pulse_weights(signal, delays)[1]


def whole_periods(period: float | Tensor, signal: Tensor) -> Tensor:
    """Periods rounded to whole samples, halves up, one for each signal.

    Args:
        period: samples, a number or a tensor that broadcasts to the leading dimensions.
        signal: shape ``(..., time)``.

    Returns:
        Integers, shape ``(...)``.

    Raises:
        ValueError: If a period is below one sample.
    """
    exact = torch.as_tensor(period, dtype=torch.float64, device=signal.device)
    whole = (exact + 0.5).floor().long().expand(signal.shape[:-1])
    if whole.numel() and int(whole.min()) < 1:
        raise ValueError(f"expected a period of at least one sample, got {int(whole.min())}")
    return whole


class Delays:
    """Moves signals by 1 to ``shifts`` periods both ways, with zeros coming in at the ends.

    Args:
        period: whole samples, shape ``(...)``; equal periods are moved by slices, others gathered.
        shifts: periods to move by.
        time: samples of the signals.
    """

    def __init__(self, period: Tensor, shifts: int, time: int) -> None:
        self.period, self.time, self.count = period, time, shifts

    @cached_property
    def common(self) -> int:
        """The period, if all are equal, or 0."""
        first = int(self.period.flatten()[0])
        return min(first, self.time) if bool((self.period == first).all()) else 0

    @cached_property
    def places(self) -> tuple[list[Tensor], list[Tensor]]:
        """Where samples are found 1, 2, .. periods later, and earlier; ``time`` if nowhere."""
        index = torch.arange(self.time, device=self.period.device)
        moved = [s * self.period[..., None] for s in range(1, self.count + 1)]
        return [(index + move).clamp(max=self.time) for move in moved], [
            torch.where(move > index, self.time, index - move) for move in moved
        ]

    def __call__(self, values: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return the values 1, 2, .. periods later, and earlier, each ``(..., time)``."""
        if not self.common:
            padded = F.pad(values, (0, 1))  # a zero for all that lies outside
            after, before = self.places
            return [padded.gather(-1, i) for i in after], [padded.gather(-1, i) for i in before]
        most = self.count * self.common
        padded = F.pad(values, (most, most))
        starts = range(self.common, most + 1, self.common)
        return [padded[..., most + s : most + s + self.time] for s in starts], [
            padded[..., most - s : most - s + self.time] for s in starts
        ]


def pulse_weights(signal: Tensor, delays: Delays) -> tuple[Tensor, Tensor]:
    r"""Weights g with :math:`X_0 g \propto \sum_m X_{mT} \alpha_m`, and the correlated kurtosis.

    With :math:`F_m[j] = \prod_{s=1}^{m} y[j + sT]^2` and :math:`G_m[j]` likewise at
    :math:`j - sT`, the M + 1 correlations of the paper become a single one with

    .. math:: g[j] = y[j] \sum_{m=0}^{M} F_m[j] G_{M-m}[j].

    Args:
        signal: the filtered signal y, shape ``(..., time)``.
        delays: by up to M periods T.

    Returns:
        The weights for y of unit power, up to a factor, shape ``(..., time)``, and the natural
        logarithm of the correlated kurtosis, shape ``(...)``.
    """
    if compiled_suits(signal):
        from iadtln.signals import correlated_kurtosis_numba  # here: numba takes half a second

        return correlated_kurtosis_numba.pulse_weights(signal, delays.period, delays.count)
    return _pulse_weights(signal, delays)


def _pulse_weights(signal: Tensor, delays: Delays) -> tuple[Tensor, Tensor]:
    """Weights and log kurtosis in PyTorch; ``correlated_kurtosis_numba`` has the same."""
    energy = signal.square()
    energy /= energy.mean(-1, keepdim=True).clamp(min=torch.finfo(signal.dtype).tiny)
    later, earlier = delays(energy)
    after = list(accumulate(later, torch.mul))  # F_1..F_M
    before = list(accumulate(earlier, torch.mul))  # G_1..G_M
    total = after[-1] + before[-1]
    for forward, backward in zip(after[:-1], reversed(before[:-1]), strict=True):
        total.addcmul_(forward, backward)
    log_train = (energy * before[-1]).sum(-1).log()
    return total.mul_(signal), log_train - (len(later) + 1) * math.log(signal.shape[-1])
