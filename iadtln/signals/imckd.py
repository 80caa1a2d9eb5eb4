"""Improved MCKD: the period is estimated anew from the filtered signal in each iteration."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from iadtln.signals.correlated_kurtosis import Delays, pulse_weights
from iadtln.signals.indices import kurtosis as kurtosis_of
from iadtln.signals.mckd import (
    Deconvolution,
    MCKDResult,
    impulse,
    require_fit,
    rows_at_once,
    unit_norm,
)


def imckd(
    signal: Tensor,
    estimate_period: Callable[[Tensor], Tensor],
    taps: int = 100,
    shifts: int = 1,
    iterations: int = 30,
) -> MCKDResult:
    """MCKD that needs no period, from a filter that only delays by one sample.

    Args:
        signal: shape ``(..., time)``.
        estimate_period: maps signals of shape ``(rows, time)`` to periods in samples, shape
            ``(rows,)``; they are rounded and held where the pulse train fits into the signal.
        taps: length of the filter.
        shifts: periods that a pulse train spans.
        iterations: updates of the filter.

    Returns:
        The iterate of largest kurtosis, with the period estimated from it.

    Raises:
        ValueError: If the filter or the pulse train does not fit into the signal.

    Reference: Miao et al., Application of an improved maximum correlated kurtosis deconvolution
    method, MSSP 2017; order of the steps as in the authors' MATLAB code of FMD.
    """
    require_fit(signal.shape[-1], taps, shifts, iterations, period=1)
    flat = signal.reshape(-1, signal.shape[-1])
    pieces = [
        _imckd(rows, estimate_period, taps, shifts, iterations)
        for rows in torch.split(flat, rows_at_once(flat, taps))
    ]
    found = (torch.cat(part) for part in zip(*pieces, strict=True))
    filtered, filters, log_kurtosis, usable, period = (
        part.reshape(signal.shape[:-1] + part.shape[1:]) for part in found
    )
    return MCKDResult(filtered, filters, log_kurtosis, usable, period, rate_ratio=1.0)


def _imckd(
    signal: Tensor,
    estimate_period: Callable[[Tensor], Tensor],
    taps: int,
    shifts: int,
    iterations: int,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Filtered signals, filters, log kurtosis, flags and periods of some rows, in this order."""
    fit, time = Deconvolution(signal, taps), signal.shape[-1]
    most = max(time // (shifts + 1) - 1, 1)

    def estimate(filtered: Tensor) -> Tensor:
        exact = estimate_period(filtered).double().nan_to_num(nan=1.0)
        return (exact + 0.5).floor().clamp(1, most).long()

    filters = best = impulse(1, taps, signal).expand(len(signal), taps)
    period = best_period = estimate(fit.centred)
    highest, history = signal.new_full((len(signal),), -math.inf), []
    for _ in range(iterations):
        filtered = fit.blocked.filter(filters)
        weights, log_kurtosis = pulse_weights(filtered, Delays(period, shifts, time))
        period, kurtosis = estimate(filtered), kurtosis_of(filtered)
        better = kurtosis > highest
        best = torch.where(better[:, None], filters, best)
        best_period = torch.where(better, period, best_period)
        highest = torch.maximum(highest, kurtosis.nan_to_num(nan=-math.inf))
        history.append(log_kurtosis)
        filters = unit_norm(fit.solve(fit.blocked.correlate(weights)))
    best = torch.where(fit.usable[:, None], best, impulse(0, taps, signal))
    return (
        fit.restore(fit.blocked.filter(best)),
        best,
        torch.stack(history, dim=-1),
        fit.usable,
        best_period,
    )
