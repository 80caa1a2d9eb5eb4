"""Maximum correlated kurtosis deconvolution: the filter that brings out a train of pulses."""

import math
from collections.abc import Callable
from functools import cached_property
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from iadtln.signals.correlated_kurtosis import Delays, pulse_weights, whole_periods
from iadtln.signals.fir import factorise, gram
from iadtln.signals.overlap_save import BlockedSignal
from iadtln.signals.resampling import resample
from iadtln.signals.threads import compiled_suits

Keep = Literal["matlab", "exact"]
CPU_CHUNK = 2**18  # samples worked on at once: little enough for the cache,
DEVICE_CHUNK = 2**23  # or, on a GPU, enough to keep it busy within 2 GiB
COMPILED_TAPS = 160  # up to here products sample by sample are no slower than transforms


class MCKDResult(NamedTuple):
    """What the deconvolution found.

    Args:
        signal: the filtered signals, shape ``(..., time)``; constant ones come back as they were.
        filters: the best filters, shape ``(..., taps)``.
        log_kurtosis: natural logarithm of the correlated kurtosis before each update of the
            filter, shape ``(..., iterations)``. It rises with the length of the filter even on
            noise: compare at equal ``taps`` only.
        usable: False for signals that are constant or not finite, shape ``(...)``.
        period: samples of ``signal`` between two pulses, whole, shape ``(...)``.
        rate_ratio: sampling rate over that of the input, 1 unless resampled to a whole period.
    """

    signal: Tensor
    filters: Tensor
    log_kurtosis: Tensor
    usable: Tensor
    period: Tensor
    rate_ratio: float


def mckd(
    signal: Tensor,
    period: float | Tensor,
    taps: int = 100,
    shifts: int = 1,
    iterations: int = 30,
    *,
    keep: Keep = "matlab",
    t_mode: Literal["round", "resample"] = "round",
) -> MCKDResult:
    r"""Filter that maximises the correlated kurtosis of its output at a known period.

    The mean is taken off, then from the difference filter (.., 1, -1, ..) on

    .. math:: f \leftarrow (X_0 X_0^T)^{-1} \sum_{m=0}^{M} X_{mT} \alpha_m, \quad
              f \leftarrow f / \lVert f \rVert.

    Args:
        signal: shape ``(..., time)``; in float32 only the factorisation is done in float64.
        period: samples between two pulses, T, a number or a tensor that broadcasts to the leading
            dimensions.
        taps: length of the filter, L.
        shifts: periods that a pulse train spans, M; beyond about 10 little precision is left.
        iterations: updates of the filter, all of them done.
        keep: filter returned for the iteration of largest correlated kurtosis: ``exact`` that
            very filter, ``matlab`` the one after it, as the authors' code does.
        t_mode: a period that is no whole number of samples is rounded, or the signal is resampled
            so that it is one (within 0.01 the period is rounded all the same). The result then
            stays at the new rate, is cut to ``time`` samples, and ``period`` must be one number.

    Returns:
        The filtered signals, the filters and the course of the search.

    Raises:
        ValueError: If the filter or the pulse train does not fit into the signal.

    Reference: McDonald, Zhao and Zuo, Maximum correlated kurtosis deconvolution, MSSP 2012; the
    start of the filter, ``keep`` and resampling from the authors' MATLAB code.
    """
    time, rate_ratio = signal.shape[-1], 1.0
    if t_mode == "resample":
        signal, period, rate_ratio = _at_whole_period(signal, period)
    periods = whole_periods(period, signal)
    require_fit(signal.shape[-1], taps, shifts, iterations, int(periods.max()))
    flat, flat_periods = signal.reshape(-1, signal.shape[-1]), periods.reshape(-1)
    size = rows_at_once(flat, taps)
    chunks = zip(torch.split(flat, size), torch.split(flat_periods, size), strict=True)
    pieces = [_mckd(*chunk, taps, shifts, iterations, keep) for chunk in chunks]
    found = (torch.cat(part) for part in zip(*pieces, strict=True))
    shaped = (part.reshape(signal.shape[:-1] + part.shape[1:]) for part in found)
    filtered, filters, kurtosis, usable = shaped
    return MCKDResult(filtered[..., :time], filters, kurtosis, usable, periods, rate_ratio)


def _mckd(
    signal: Tensor, periods: Tensor, taps: int, shifts: int, iterations: int, keep: Keep
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Filtered signals, filters, log kurtosis and flags of some rows, in this order."""
    fit = Deconvolution(signal, taps)
    first = difference_filter(taps, signal).expand(len(signal), taps)
    if compiled_suits(signal) and taps <= COMPILED_TAPS:
        from iadtln.signals import mckd_numba  # here: numba takes half a second to load

        ready = (fit.centred, fit.inverse, first, periods)
        filtered, filters, kurtosis = mckd_numba.refine(*ready, shifts, iterations, keep)
    else:
        delays = Delays(periods, shifts, signal.shape[-1])
        filters, kurtosis = refine(fit.blocked, fit.solve, first, delays, iterations, keep)
        filtered = fit.blocked.filter(filters)
    filters = torch.where(fit.usable[:, None], filters, impulse(0, taps, signal))
    return fit.restore(filtered), filters, kurtosis, fit.usable


class Deconvolution:
    """Signals made ready for the updates of their filters: centred and factorised.

    Args:
        signal: shape ``(rows, time)``.
        taps: length of the filters to come.
    """

    def __init__(self, signal: Tensor, taps: int) -> None:
        self.signal, self.taps = signal, taps
        self.centred, self.scale, self.usable = standardise(signal)
        factor, _ = factorise(gram(self.centred, taps))
        self.inverse = torch.cholesky_inverse(factor).to(signal.dtype)

    @cached_property
    def blocked(self) -> BlockedSignal:
        """The signals, to be filtered by short transforms."""
        return BlockedSignal(self.centred, self.taps)

    def solve(self, correlation: Tensor) -> Tensor:
        """Return the new filters for :math:`X_0 g`, shape ``(rows, taps)``."""
        # a row times the symmetric inverse: nine times faster on a CPU than it times a column
        return torch.matmul(correlation[:, None], self.inverse)[:, 0]

    def restore(self, filtered: Tensor) -> Tensor:
        """Return filtered signals in their own unit, constant ones as they were."""
        return torch.where(self.usable[:, None], filtered * self.scale, self.signal)


def refine(
    blocked: BlockedSignal,
    solve: Callable[[Tensor], Tensor],
    filters: Tensor,
    delays: Delays,
    iterations: int,
    keep: Keep,
) -> tuple[Tensor, Tensor]:
    """Run the iterations of MCKD.

    Args:
        blocked: signals, broadcast with ``filters``.
        solve: turns :math:`X_0 g` into filters of any length.
        filters: first filters, shape ``(rows, taps)``.
        delays: by up to M periods.
        iterations: updates of the filters.
        keep: which filter to return, see ``mckd``.

    Returns:
        The best filters, shape ``(rows, taps)``, and the natural logarithm of the correlated
        kurtosis, shape ``(rows, iterations)``.
    """
    best, history = filters, []
    highest = filters.new_full(filters.shape[:-1], -math.inf)
    for _ in range(iterations):
        weights, kurtosis = pulse_weights(blocked.filter(filters), delays)
        update = unit_norm(solve(blocked.correlate(weights)))
        candidate = update if keep == "matlab" else filters
        best = torch.where((kurtosis > highest)[..., None], candidate, best)
        highest = torch.maximum(highest, kurtosis)
        history.append(kurtosis)
        filters = update
    return best, torch.stack(history, dim=-1)


def unit_norm(filters: Tensor) -> Tensor:
    """Filters of norm 1; divided by their peak first, as the squares may pass float32."""
    peak = filters.abs().amax(-1, keepdim=True).clamp(min=torch.finfo(filters.dtype).tiny)
    return F.normalize(filters / peak, dim=-1)


def standardise(signal: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Signals without mean and of peak 1, their peaks, and whether they vary and are finite.

    The rest is set to zero, so that it disturbs nobody.
    """
    centred = signal - signal.mean(-1, keepdim=True)
    peak = centred.abs().amax(-1, keepdim=True)
    usable = (signal.amax(-1) > signal.amin(-1)) & (peak[..., 0] > 0) & peak[..., 0].isfinite()
    peak = torch.where(usable[..., None], peak, 1.0)
    return torch.where(usable[..., None], centred / peak, 0.0), peak, usable


def impulse(place: int, taps: int, like: Tensor) -> Tensor:
    """Filter that delays by ``place`` samples, shape ``(taps,)``."""
    unit = torch.zeros(taps, dtype=like.dtype, device=like.device)
    unit[place] = 1.0
    return unit


def difference_filter(taps: int, like: Tensor) -> Tensor:
    """Where MCKD starts: 1 and -1 in the middle, shape ``(taps,)``."""
    middle = (taps + 1) // 2 - 1
    return impulse(middle, taps, like) - impulse(middle + 1, taps, like)


def require_fit(time: int, taps: int, shifts: int, iterations: int, period: int) -> None:
    """Refuse what the signal cannot hold.

    Raises:
        ValueError: If the filter or the pulse train is longer than the signal, or a count too low.
    """
    if not 2 <= taps <= time:
        raise ValueError(f"expected a filter of 2 to {time} taps (the signal's length), got {taps}")
    if shifts < 1 or iterations < 1:
        raise ValueError(f"expected shifts and iterations from 1, got {shifts} and {iterations}")
    if shifts * period >= time:
        raise ValueError(
            f"expected shifts * period below the {time} samples of the signal, got {shifts} * "
            f"{period}: take longer signals or fewer shifts"
        )


def rows_at_once(signal: Tensor, taps: int) -> int:
    """Signals of shape ``(..., time)`` worked on together, so that memory stays bounded."""
    budget = CPU_CHUNK if signal.device.type == "cpu" else DEVICE_CHUNK
    return max(1, budget // max(signal.shape[-1], 2 * taps**2))  # Gram matrices are of float64


def _at_whole_period(signal: Tensor, period: float | Tensor) -> tuple[Tensor, float, float]:
    """Signal resampled so that the period is whole, that period, and the new rate over the old."""
    if isinstance(period, Tensor) and period.numel() > 1:
        raise ValueError(
            f"expected one period for t_mode='resample', got {period.numel()}: the signals would "
            "end at different rates; call it once for each or take t_mode='round'"
        )
    exact = float(period)
    if abs(round(exact) - exact) <= 0.01:
        return signal, round(exact), 1.0
    whole = math.ceil(exact)
    ratio = (20 * whole) / round(20 * exact)  # the authors' fraction, in steps of 1/20 sample
    return resample(signal, 1.0, ratio), whole, ratio
