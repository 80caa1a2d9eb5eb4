"""Where the shaft is at each sample: from a speed profile, a tachometer or an encoder."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from torch import Tensor

from iadtln.signals.envelope_spectrum import envelope_spectrum, spectrum_axis

Array = NDArray[np.float64]
SLOWEST = 0.02  # share of the highest speed below which a shaft counts as standing


def floored_speed(speed_hz: Tensor) -> Tensor:
    """Speed without standstill or reversal, which have no place on an angle axis.

    Args:
        speed_hz: turns per second, shape ``(..., time)``.

    Returns:
        The same shape, at least 2 % of the highest speed of its row.

    Raises:
        ValueError: If a shaft does not turn.
    """
    highest = speed_hz.amax(-1, keepdim=True)
    if not bool((highest > 0).all()):  # also if one is NaN
        raise ValueError(
            f"expected a shaft that turns, got a highest speed of {float(highest.min()) * 60:g} "
            "rpm; correct rpm"
        )
    return speed_hz.maximum(SLOWEST * highest)


def shaft_angle(speed_hz: Tensor, sampling_rate: float) -> Tensor:
    r"""Turns of the shaft since the first sample.

    .. math:: \theta_n = \theta_{n-1} + \frac{f_n + f_{n-1}}{2 f_s}

    Args:
        speed_hz: turns per second, float64, shape ``(..., time)``.
        sampling_rate: samples per second.

    Returns:
        The same shape; exact where the speed is linear between samples.
    """
    steps = (speed_hz[..., 1:] + speed_hz[..., :-1]) / (2.0 * sampling_rate)
    return F.pad(steps.cumsum(-1), (1, 0))


def positions_at_angle(
    speed_hz: Tensor, sampling_rate: float, samples_per_revolution: float, points: int
) -> Tensor:
    r"""When the shaft reaches equal steps of its angle: the exact inverse of ``shaft_angle``.

    Between two samples the angle is a parabola. With the way :math:`d` from the first of them, in
    turns times the sampling rate, and :math:`a = (f_1 - f_0) / 2`, it is reached after

    .. math:: s = \frac{2 d}{f_0 + \sqrt{f_0^2 + 4 a d}}

    of a sample, a form that stays exact where the speed is constant.

    Args:
        speed_hz: turns per second, positive, float64, shape ``(..., time)``.
        sampling_rate: samples per second.
        samples_per_revolution: steps in one turn.
        points: how many steps, counted from the first sample; the last parabola goes on after
            the last sample.

    Returns:
        Places in samples, shape ``(..., points)``.
    """
    angle = shaft_angle(speed_hz, sampling_rate)
    # steps and samples both go up: counting samples up to each step is faster than searching
    due = (angle * samples_per_revolution).ceil().clamp(max=points).long()
    passed = due.new_zeros(*angle.shape[:-1], points + 1).scatter_add(-1, due, torch.ones_like(due))
    before = passed.cumsum(-1)[..., :-1].sub_(1).clamp_(max=angle.shape[-1] - 2)
    steps = torch.arange(points, dtype=angle.dtype, device=angle.device) / samples_per_revolution
    way = (steps - angle.gather(-1, before)) * sampling_rate
    first, last = speed_hz.gather(-1, before), speed_hz.gather(-1, before + 1)
    root = (first**2 + 2.0 * (last - first) * way).clamp(min=0.0).sqrt()
    return before + 2.0 * way / (first + root)


def rising_edges(pulses: Array, low: float | None = None, high: float | None = None) -> Array:
    """Times at which a tachometer or encoder goes up (Schmitt trigger).

    An edge counts at ``high``, and the next only after the signal has been below ``low``: noise
    on a slow edge does not count twice.

    Args:
        pulses: the measured pulses, shape ``(time,)``.
        low: lower threshold; by default 40 % of the way from the smallest to the largest value.
        high: upper threshold; by default 60 % of it.

    Returns:
        Times in samples, by linear interpolation, shape ``(edges,)``.

    Raises:
        ValueError: If the thresholds are in the wrong order.

    Example:
        >>> rising_edges(np.array([0.0, 0.0, 1.0, 1.0, 0.0, 1.0])).round(3)
        array([1.6, 4.6])
    """
    bottom, span = pulses.min(), np.ptp(pulses)
    low = bottom + 0.4 * span if low is None else low
    high = bottom + 0.6 * span if high is None else high
    if not low <= high:
        raise ValueError(f"expected low <= high, got {low} and {high}")
    crossed = np.flatnonzero((pulses < low) | (pulses >= high))  # where the state is certain
    up = pulses[crossed] >= high
    last = crossed[1:][up[1:] & ~up[:-1]]  # first sample of each edge that is up
    step = pulses[last] - pulses[last - 1]
    return np.asarray(last - (pulses[last] - high) / step)


def rpm_from_pulses(
    edges: Array, pulses_per_revolution: float, sampling_rate: float, num_samples: int
) -> Array:
    r"""Speed at each sample, from the times of equal steps of the shaft.

    The angles :math:`\theta_k = k / p` are joined by a monotone cubic (PCHIP), whose slope is the
    speed; before the first edge and after the last it stays as it is there. Of an encoder with
    few samples a pulse, give every n-th edge and ``pulses_per_revolution / n``: the time of an
    edge is known to a sample at best.

    Args:
        edges: times in samples, increasing, shape ``(edges,)``.
        pulses_per_revolution: edges in one turn of the shaft.
        sampling_rate: samples per second.
        num_samples: length of the recording.

    Returns:
        Revolutions per minute, shape ``(num_samples,)``.

    Raises:
        ValueError: If there are fewer than two edges.

    Example:
        >>> rpm_from_pulses(np.array([3.0, 13.0, 23.0]), 1, 100.0, 3)
        array([600., 600., 600.])

    Reference: Fritsch and Butland, A method for constructing local monotone piecewise cubic
    interpolants, SIAM J. Sci. Stat. Comput. 5, 1984.
    """
    if len(edges) < 2:
        raise ValueError(f"expected at least two edges, got {len(edges)}; check the thresholds")
    turns = np.arange(len(edges)) / pulses_per_revolution
    slope = PchipInterpolator(edges, turns).derivative()
    time = np.arange(num_samples, dtype=np.float64).clip(edges[0], edges[-1])
    return np.asarray(slope(time)) * sampling_rate * 60.0


def samples_per_revolution(highest_hz: float, slowest_hz: float) -> int:
    """Fewest samples a revolution that keep all frequencies, also while the shaft is slow.

    Args:
        highest_hz: top frequency to keep.
        slowest_hz: lowest speed in turns per second.

    Example:
        >>> samples_per_revolution(5000.0, 25.0)
        512
    """
    return math.ceil(2.56 * highest_hz / slowest_hz)


def envelope_order_spectrum(signal: Tensor, samples_per_revolution: float) -> tuple[Tensor, Tensor]:
    """Envelope spectrum of a signal on an angle axis, with its orders.

    Args:
        signal: at equal steps of the shaft's angle, shape ``(..., angle)``.
        samples_per_revolution: of the signal.

    Returns:
        Orders in events per revolution, float64, shape ``(orders,)``, and the amplitudes at them,
        shape ``(..., orders)``.
    """
    orders = spectrum_axis(signal.shape[-1], samples_per_revolution)
    return orders.to(signal.device), envelope_spectrum(signal)
