"""Slope entropy of slower and slower looks at a signal: CMSE, DBCMSE and both, ECMSE."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from iadtln.signals.coarse_graining import Difference, running_differences, running_means
from iadtln.signals.slope_entropy import (
    Norm,
    SlopeSetting,
    finite_rows,
    interleaved_slope_entropy,
    rows_at_once,
)

Fusion = Literal["concatenate", "mean"]
Amplitude = Literal["raw", "zscore"]


def cmse(
    signal: Tensor,
    scales: int = 8,
    order: int = 4,
    gamma: float = 1.0,
    delta: float = 1e-3,
    delay: int = 1,
    norm: Norm = "probability",
) -> Tensor:
    r"""Composite multiscale slope entropy.

    At scale s the means of blocks of s samples make s series, one for each place that the first
    block can start at; the slope entropies of all are averaged:

    .. math:: y^{(s, k)}_j = \frac{1}{s} \sum_{l=0}^{s-1} x_{k + js + l}, \qquad
        H_s = \frac{1}{s} \sum_{k=0}^{s-1} \mathrm{SlopEn}(y^{(s, k)})

    Args:
        signal: shape ``(..., time)``.
        scales: the largest scale; all from 1 on are computed. Scale 1 is the slope entropy.
        order: samples in a word; see ``slope_entropy`` for this and what follows.
        gamma: where slopes become steep, in the signal's units, the same at all scales.
        delta: up to where they are flat, likewise.
        delay: step between the samples of a word, in blocks.
        norm: divide counts by the number of words or of different ones.

    Returns:
        Shape ``(..., scales)``, in nats.

    Raises:
        ValueError: If an option makes no sense, or the signal is too short for a word at the
            largest scale or not finite.

    Reference: Wu et al., Time series analysis using composite multiscale entropy, Entropy 2013, for
    the composite scales; Cuesta-Frau, Slope entropy, Entropy 2019.
    """
    setting = SlopeSetting(order, gamma, delta)
    return cmse_grid(signal, [setting], scales, delay, norm)[0]


def dbcmse(
    signal: Tensor,
    scales: int = 8,
    order: int = 4,
    gamma: float = 1.0,
    delta: float = 1e-3,
    delay: int = 1,
    norm: Norm = "probability",
    difference: Difference = "D1",
) -> Tensor:
    r"""Difference-based composite multiscale slope entropy.

    ``cmse`` with a high-order difference of each block in place of its mean: what changes fast
    where the mean keeps what changes slowly. Of order p, from p + 1 samples,

    .. math:: z^{(s, k)}_j = \sum_{l=0}^{p} (-1)^{p-l} \binom{p}{l} x_{k + js + l}.

    The paper's method section was not at hand, so its order and scale are our readings: measured
    equal on CWRU, within a standard deviation.

    Args:
        signal: shape ``(..., time)``.
        scales: the largest scale.
        order: samples in a word.
        gamma: where slopes become steep, in the signal's units.
        delta: up to where they are flat.
        delay: step between the samples of a word, in blocks.
        norm: divide counts by the number of words or of different ones.
        difference: ``D1`` of order s - 1 at scale s, within the block (at scale 1 the signal
            itself); ``D0`` the same divided by 2^(s-1), so that it cannot outgrow the signal;
            ``D6`` of order s, reaching one sample into the next block; ``D5`` that by 2^s.

    Returns:
        Shape ``(..., scales)``, in nats.

    Raises:
        ValueError: As ``cmse``.

    Reference: Electronics 2026, 15(10), 2219 (ECMSE).
    """
    setting = SlopeSetting(order, gamma, delta)
    return dbcmse_grid(signal, [setting], scales, delay, norm, difference)[0]


def ecmse(
    signal: Tensor,
    scales: int = 8,
    order: int = 4,
    gamma: float = 1.0,
    delta: float = 1e-3,
    delay: int = 1,
    norm: Norm = "probability",
    difference: Difference = "D1",
    fusion: Fusion = "concatenate",
    amplitude: Amplitude = "raw",
) -> Tensor:
    """Enhanced composite multiscale slope entropy: ``cmse`` and ``dbcmse`` of the same signal.

    Args:
        signal: shape ``(..., time)``.
        scales: the largest scale.
        order: samples in a word.
        gamma: where slopes become steep, in the units of what ``amplitude`` leaves.
        delta: up to where they are flat, likewise.
        delay: step between the samples of a word, in blocks.
        norm: divide counts by the number of words or of different ones.
        difference: the reading of ``dbcmse``.
        fusion: put the two side by side, ``cmse`` first, or average them. The paper does not say.
        amplitude: take signals as recorded, or give each mean 0 and deviation 1, which hides how
            strong a vibration is. The paper does not say.

    Returns:
        Shape ``(..., 2 * scales)``, or ``(..., scales)`` of the mean; in nats.

    Raises:
        ValueError: As ``cmse``.

    Reference: Electronics 2026, 15(10), 2219.
    """
    setting = SlopeSetting(order, gamma, delta)
    return ecmse_grid(signal, [setting], scales, delay, norm, difference, fusion, amplitude)[0]


def cmse_grid(
    signal: Tensor,
    settings: Sequence[SlopeSetting],
    scales: int = 8,
    delay: int = 1,
    norm: Norm = "probability",
) -> Tensor:
    """``cmse`` for many settings: ``(settings, ..., scales)``; see ``ecmse_grid``."""
    return _multiscale(signal, running_means, scales, settings, delay, norm)


def dbcmse_grid(
    signal: Tensor,
    settings: Sequence[SlopeSetting],
    scales: int = 8,
    delay: int = 1,
    norm: Norm = "probability",
    difference: Difference = "D1",
) -> Tensor:
    """``dbcmse`` for many settings: ``(settings, ..., scales)``; see ``ecmse_grid``."""
    series = partial(running_differences, difference=difference)
    return _multiscale(signal, series, scales, settings, delay, norm)


def ecmse_grid(
    signal: Tensor,
    settings: Sequence[SlopeSetting],
    scales: int = 8,
    delay: int = 1,
    norm: Norm = "probability",
    difference: Difference = "D1",
    fusion: Fusion = "concatenate",
    amplitude: Amplitude = "raw",
) -> Tensor:
    """``ecmse`` of the same signals for many settings, whose scales are made only once.

    Args:
        signal: shape ``(..., time)``.
        settings: orders and thresholds to try.
        scales: as in ``ecmse``, like all that follow.
        delay: step between the samples of a word.
        norm: what to divide counts by.
        difference: the reading of ``dbcmse``.
        fusion: side by side, or the mean. The first half of ``concatenate`` is ``cmse``.
        amplitude: as recorded, or standardised.

    Returns:
        Shape ``(settings, ..., 2 * scales)``, or ``(settings, ..., scales)`` of the mean.

    Raises:
        ValueError: As ``cmse``.
    """
    values = signal.double() if amplitude == "raw" else zscore(signal.double())
    smooth = cmse_grid(values, settings, scales, delay, norm).to(signal.dtype)
    sharp = dbcmse_grid(values, settings, scales, delay, norm, difference).to(signal.dtype)
    return torch.cat([smooth, sharp], -1) if fusion == "concatenate" else (smooth + sharp) / 2


def zscore(signal: Tensor) -> Tensor:
    """Signals ``(..., time)`` with mean 0 and population deviation 1 each; a constant becomes 0."""
    deviation, mean = torch.std_mean(signal, -1, correction=0, keepdim=True)
    return torch.where(deviation == 0, 0.0, (signal - mean) / deviation)


def _multiscale(
    signal: Tensor,
    series: Callable[[Tensor, int], Iterator[Tensor]],
    scales: int,
    settings: Sequence[SlopeSetting],
    delay: int,
    norm: Norm,
) -> Tensor:
    """Slope entropies of all scales in all settings, shape ``(settings, ..., scales)``."""
    if scales < 1 or not settings:
        raise ValueError(
            f"expected at least one scale and one setting, got {scales} and {len(settings)}"
        )
    rows = finite_rows(signal)
    pieces = []
    size = rows_at_once(rows.shape[-1], scales, max(setting.order for setting in settings))
    for chunk in torch.split(rows, size):
        entropies = [
            interleaved_slope_entropy(values, scale, setting, delay, norm)
            for scale, values in enumerate(series(chunk.double(), scales), start=1)
            for setting in settings
        ]
        pieces.append(torch.stack(entropies).reshape(scales, len(settings), len(chunk)))
    entropy = torch.cat(pieces, -1).permute(1, 2, 0)  # (settings, rows, scales)
    return entropy.to(signal.dtype).reshape(len(settings), *signal.shape[:-1], scales)
