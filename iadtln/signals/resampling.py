"""Band-limited resampling in time and in shaft angle.

One kernel serves all: a Kaiser-windowed sinc that is stretched wherever samples are dropped, so the
anti-alias filter follows the local rate, also while the shaft speeds up.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

ZERO_CROSSINGS = 24  # on each side of the kernel
KAISER_BETA = 9.0  # side lobes about 90 dB down, below the noise of a 16-bit recorder
# Kaiser's rule gives a transition band of (90 - 8) / (2.285 * 48) / pi = 0.24 of the new Nyquist
# frequency; a cut-off at 0.89 of it lets the band end there, so that nothing folds back
ROLL_OFF = 0.89
CHUNK = 2**22  # kernel values held at once, so that memory does not grow with the record


def _kernel(distance: Tensor, cutoff: Tensor) -> Tensor:
    """Windowed sinc at ``distance`` input samples from its centre, for a relative ``cutoff``."""
    scaled = distance * cutoff
    inside = (1.0 - (scaled / ZERO_CROSSINGS) ** 2).clamp(min=0.0)
    window = torch.special.i0(KAISER_BETA * inside.sqrt()) / float(np.i0(KAISER_BETA))
    kernel: Tensor = torch.sinc(scaled) * window * (inside > 0)
    return kernel


def interpolate_at(signal: Tensor, positions: Tensor) -> Tensor:
    """Values of a signal between its samples, free of aliases where positions are sparse.

    Args:
        signal: shape ``(..., time)``.
        positions: increasing places in samples, float64, shape ``(points,)``; outside of the signal
            its end values go on.

    Returns:
        Shape ``(..., points)``.
    """
    step = torch.gradient(positions)[0]
    cutoff = torch.where(step > 1.0, ROLL_OFF / step, torch.ones_like(step))
    reach = math.ceil(ZERO_CROSSINGS / float(cutoff.min()))
    offsets = torch.arange(-reach, reach + 1, device=signal.device)
    pieces = []
    size = max(1, CHUNK // len(offsets))
    for first in range(0, len(positions), size):
        place = positions[first : first + size, None]
        index = place.floor().long() + offsets  # (points, taps)
        distance = (place - index).to(signal.dtype)
        weight = _kernel(distance, cutoff[first : first + size, None].to(signal.dtype))
        weight = weight / weight.sum(-1, keepdim=True)
        taps = signal[..., index.clamp(0, signal.shape[-1] - 1)]  # (..., points, taps)
        pieces.append((taps * weight).sum(-1))
    return torch.cat(pieces, dim=-1)


def resample(signal: Tensor, old_rate: float, new_rate: float) -> Tensor:
    """Signal at another sampling rate.

    Args:
        signal: shape ``(..., time)``.
        old_rate: samples per second of ``signal``.
        new_rate: samples per second wanted.

    Returns:
        Shape ``(..., floor((time - 1) * new_rate / old_rate) + 1)``: the first sample stays in
        place and nothing is made up after the last.
    """
    if old_rate == new_rate:
        return signal
    points = math.floor((signal.shape[-1] - 1) * new_rate / old_rate + 1e-9) + 1
    positions = torch.arange(points, dtype=torch.float64, device=signal.device)
    return interpolate_at(signal, positions * (old_rate / new_rate))


def resample_by_angle(
    signal: Tensor,
    sampling_rate: float,
    rpm: float | NDArray[np.float64],
    samples_per_revolution: float,
) -> Tensor:
    """Signal sampled at equal steps of the shaft's angle (computed order tracking).

    Args:
        signal: shape ``(..., time)``.
        sampling_rate: samples per second.
        rpm: speed in revolutions per minute, a number or one value a sample.
        samples_per_revolution: samples wanted in each revolution.

    Returns:
        Shape ``(..., points)``, starting at the first sample.

    Raises:
        ValueError: If the shaft stands still or turns back anywhere.
    """
    time = signal.shape[-1]
    speed = np.broadcast_to(np.asarray(rpm, dtype=np.float64), (time,)) / 60.0
    if not (speed > 0).all():
        raise ValueError(f"expected a positive speed throughout, got {speed.min() * 60:g} rpm")
    steps = (speed[1:] + speed[:-1]) / (2.0 * sampling_rate)  # revolutions between two samples
    angle = np.concatenate([[0.0], np.cumsum(steps)])
    points = math.floor(angle[-1] * samples_per_revolution + 1e-9) + 1
    wanted = np.arange(points) / samples_per_revolution
    positions = np.interp(wanted, angle, np.arange(time, dtype=np.float64))
    return interpolate_at(signal, torch.as_tensor(positions, device=signal.device))
