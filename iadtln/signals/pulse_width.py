"""How long the pulses of a fault are, which is how long a network's first kernel should be."""

import math

import torch
from torch import Tensor

from iadtln.signals.envelope import envelope

CHUNK = 2**22  # samples worked on at once, so that memory does not grow with the batch


def pulse_width(signal: Tensor, period: float | Tensor, gamma: float = 0.5) -> Tensor:
    r"""Samples for which the envelope stays near the peak of a pulse, the median over the pulses.

    In each whole period, from the first sample on, the greatest sample of the envelope :math:`e`
    is the peak :math:`p`. The pulse goes on to both sides as long as
    :math:`e \ge \gamma e[p]`, for half a period and within the window at most.

    Args:
        signal: windows, filtered so that pulses stand out, shape ``(..., time)``.
        period: samples between two pulses, a number or a tensor that broadcasts to the leading
            dimensions.
        gamma: share of the peak; the larger, the narrower.

    Returns:
        Widths in samples, shape ``(...)``, in the precision of the signal; NaN for silence.

    Raises:
        ValueError: If a window holds no whole period, a period is below two samples, or ``gamma``
            is not between 0 and 1.

    Example:
        >>> time = torch.arange(400.0)
        >>> ringing = torch.sin(time) * torch.exp(-(time % 100 - 50).abs() / 10)
        >>> pulse_width(ringing, period=100.0, gamma=0.4).round()
        tensor(19.)

    Reference: AMOMCKD-CNN, Scientific Reports 2025, doi 10.1038/s41598-025-96106-3, which cuts at
    ``gamma`` from 0.1 to 0.9 and settles at 0.5; how, is our reading.
    """
    time = signal.shape[-1]
    periods = torch.as_tensor(period, dtype=torch.float64, device=signal.device)
    if not 0 < gamma <= 1 or bool(((periods < 2) | (periods > time)).any()):
        raise ValueError(
            f"expected 0 < gamma <= 1 and periods of 2 to {time} samples (the window's length), "
            f"got {gamma} and {period}"
        )
    flat = signal.reshape(-1, time)
    flat_periods = periods.expand(signal.shape[:-1]).reshape(-1)
    size = max(1, CHUNK // time)
    chunks = zip(torch.split(flat, size), torch.split(flat_periods, size), strict=True)
    widths = [_median_width(*chunk, gamma) for chunk in chunks]
    return torch.cat(widths).reshape(signal.shape[:-1])


def _median_width(signal: Tensor, period: Tensor, gamma: float) -> Tensor:
    """Median widths of windows ``(rows, time)`` with periods ``(rows,)``."""
    time, heights = signal.shape[-1], envelope(signal)
    count, longest = int(time // period.min()), math.ceil(period.max())
    number = torch.arange(count + 1, device=signal.device)
    edges = (number * period[:, None]).round().long()  # (rows, count + 1)
    whole = edges[:, 1:] <= time  # rows of longer periods hold fewer of them
    start, stop = edges[:, :-1, None], edges[:, 1:, None]
    place = start + torch.arange(longest + 1, device=signal.device)  # (rows, count, longest + 1)
    own = _at(heights, place).masked_fill(place >= stop, -1.0)
    top, offset = own.max(-1)
    peak = start[..., 0] + offset
    reach = torch.arange(1, longest // 2 + 1, device=signal.device)
    width = torch.ones_like(top)
    for side in (reach, -reach):
        place = peak[..., None] + side
        stays = (_at(heights, place) >= gamma * top[..., None]) & (place >= 0) & (place < time)
        stays &= reach <= period[:, None, None] / 2
        width += stays.long().cumprod(-1).sum(-1)
    width = width.masked_fill(~whole | (top <= 0), torch.nan)
    return width.nanquantile(0.5, dim=-1)


def _at(heights: Tensor, place: Tensor) -> Tensor:
    """Envelope ``(rows, time)`` at places ``(rows, ...)``, the nearest end outside of it."""
    flat = place.flatten(1).clamp(0, heights.shape[-1] - 1)
    return heights.gather(-1, flat).reshape(place.shape)
