"""Band-limited resampling in time and in shaft angle.

Values between samples come from a Kaiser-windowed sinc, tabulated at four phases, and a Lagrange
polynomial through eight points of that finer grid. Where samples are dropped, the signal is first
brought to a multiple of the new rate and then low-passed there: in shaft angle the edge of the
filter is an order, so it follows the speed by itself.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from torch import Tensor

from iadtln.signals.order_tracking import floored_speed, positions_at_angle, shaft_angle

ZERO_CROSSINGS = 24  # on each side of the kernel
KAISER_BETA = 9.0  # side lobes about 90 dB down, below the noise of a 16-bit recorder
PHASES = 4  # of the table; at 0.35 of the rate six points on it are 1e-4 off, eight points 1e-5
POINTS = 8
# Kaiser's rule gives a transition band of (90 - 8) / (2.285 * 48) / pi = 0.24 of the new Nyquist
# frequency; a cut-off at 0.89 of it lets the band end there, so that nothing folds back
ROLL_OFF = 0.89
CHUNK = 2**22  # values held at once, so that memory does not grow with the batch
BLOCK = 2**14  # places worked on at once: what they need stays in the cache


def _kernel(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Windowed sinc at ``distance`` samples from its centre."""
    inside = np.maximum(1.0 - (distance / ZERO_CROSSINGS) ** 2, 0.0)
    window = np.i0(KAISER_BETA * np.sqrt(inside)) / np.i0(KAISER_BETA)
    return np.asarray(np.sinc(distance) * window * (inside > 0))


def _phases() -> NDArray[np.float64]:
    """Weights of the 48 samples round a place, shape ``(taps, phases)``."""
    taps = np.arange(1 - ZERO_CROSSINGS, 1 + ZERO_CROSSINGS)
    weights = _kernel(np.arange(PHASES) / PHASES - taps[:, None])
    return np.asarray(weights / weights.sum(0))


def _lagrange() -> NDArray[np.float64]:
    """Weights of the points as polynomials of the place between the middle two of them."""
    nodes = np.arange(POINTS) + 1 - POINTS // 2
    return np.asarray(np.linalg.inv(np.vander(nodes.astype(float), increasing=True).T))


TABLE = torch.from_numpy(_phases())
POLYNOMIALS = torch.from_numpy(_lagrange())  # (points, powers)


def _oversampled(signal: Tensor) -> Tensor:
    """Signal at ``PHASES`` times its rate, from one sample before its start to one after its end.

    Args:
        signal: shape ``(rows, time)``; its end values go on outside of it.

    Returns:
        Shape ``(rows, (time + 2) * PHASES)``.
    """
    taps = len(TABLE)
    padded = F.pad(signal, (ZERO_CROSSINGS, ZERO_CROSSINGS + 1), mode="replicate")
    frames = padded.unfold(-1, taps, 1)  # (rows, time + 2, taps), a view
    table = TABLE.to(signal)
    pieces = torch.split(frames, max(1, CHUNK // (len(signal) * taps)), dim=-2)
    products = [piece.reshape(-1, taps) @ table for piece in pieces]
    return torch.cat([product.reshape(len(signal), -1) for product in products], dim=-1)


def _read(fine: Tensor, positions: Tensor) -> Tensor:
    """Values of oversampled rows at places; shape ``(points,)`` or ``(rows, points)``."""
    place = (positions.clamp(0.0, fine.shape[-1] / PHASES - 3.0) + 1.0) * PHASES
    index = place.long()
    fraction = (place - index).to(fine.dtype)
    powers = torch.stack([torch.ones_like(fraction), *[fraction] * (POINTS - 1)]).cumprod(0)
    weights = torch.tensordot(POLYNOMIALS.to(fine), powers, dims=1)  # one row a point
    first = index + 1 - POINTS // 2
    values = fine.new_zeros(len(fine), positions.shape[-1])
    for point in range(POINTS):
        shifted = fine[:, point:]
        taps = shifted.index_select(1, first) if first.ndim == 1 else shifted.gather(1, first)
        values.addcmul_(taps, weights[point])
    return values


def _interpolate(signal: Tensor, positions: Tensor) -> Tensor:
    """Values of rows, in blocks of points that stay in the cache."""
    fine = _oversampled(signal)
    size = max(1, BLOCK // math.prod(positions.shape[:-1]))
    return torch.cat([_read(fine, block) for block in torch.split(positions, size, -1)], dim=-1)


def interpolate_at(signal: Tensor, positions: Tensor) -> Tensor:
    """Values of a signal between its samples.

    A tone of amplitude 1 keeps its values to 2e-5 up to 0.35 of the sampling rate and 1e-4 up to
    0.44. Nothing is filtered: where positions are more than one sample apart, what they cannot
    hold folds back; ``resample`` and ``resample_by_angle`` take it out.

    Args:
        signal: shape ``(..., time)``.
        positions: places in samples, float64, shape ``(points,)`` for all signals alike, or
            ``(..., points)`` with one row for each; outside of the signal its end values stay.

    Returns:
        Shape ``(..., points)``.
    """
    time, points = signal.shape[-1], positions.shape[-1]
    lead = np.broadcast_shapes(signal.shape[:-1], positions.shape[:-1])
    rows = signal.expand(*lead, time).reshape(-1, time)
    size = max(1, CHUNK // max(time, points))
    if positions.ndim == 1:
        pieces = [_interpolate(piece, positions) for piece in torch.split(rows, size)]
    else:
        places = positions.expand(*lead, points).reshape(-1, points)
        pairs = zip(torch.split(rows, size), torch.split(places, size), strict=True)
        pieces = [_interpolate(piece, place) for piece, place in pairs]
    return torch.cat(pieces).reshape(*lead, points)


def decimate(signal: Tensor, factor: int) -> Tensor:
    """Keep one of ``factor`` samples, after a low-pass that ends where the new rate does.

    Args:
        signal: shape ``(..., time)``; its end values go on outside of it.
        factor: samples for each one that is kept; 1 changes nothing.

    Returns:
        Shape ``(..., ceil(time / factor))``, without delay.
    """
    if factor == 1:
        return signal
    time, cutoff = signal.shape[-1], ROLL_OFF / factor
    reach = factor * math.ceil(ZERO_CROSSINGS / ROLL_OFF)
    taps = _kernel(np.arange(-reach, reach + 1, dtype=np.float64) * cutoff)
    kept = next_fast_len(math.ceil((time + 2 * reach) / factor), real=True)
    padded = F.pad(signal.reshape(1, -1, time), (reach, reach), mode="replicate")
    response = torch.from_numpy(np.fft.rfft(taps / taps.sum(), factor * kept)).to(signal.device)
    spectrum = torch.fft.rfft(padded, n=factor * kept)[..., : kept // 2 + 1]
    spectrum = spectrum * response[: kept // 2 + 1].to(spectrum.dtype)
    # the filter delays by reach, which is what the padding put in front
    filtered: Tensor = torch.fft.irfft(spectrum, n=kept)[..., 2 * reach // factor :] / factor
    return filtered[..., : math.ceil(time / factor)].reshape(*signal.shape[:-1], -1)


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
    factor = math.ceil(old_rate / new_rate)
    fine = torch.arange(points * factor, dtype=torch.float64, device=signal.device)
    return decimate(interpolate_at(signal, fine * (old_rate / new_rate / factor)), factor)


def resample_by_angle(
    signal: Tensor,
    sampling_rate: float,
    rpm: float | NDArray[np.float64] | Tensor,
    samples_per_revolution: float,
) -> Tensor:
    """Signal sampled at equal steps of the shaft's angle (computed order tracking).

    Orders up to 0.38 of ``samples_per_revolution`` pass and those from 0.5 on are gone, at every
    speed.

    Args:
        signal: shape ``(..., time)``.
        sampling_rate: samples per second.
        rpm: speed in revolutions per minute: a number, one value a sample, or shape
            ``(..., time)`` with a profile for each signal.
        samples_per_revolution: samples wanted in each revolution.

    Returns:
        Shape ``(..., points)``, starting at the first sample; profiles of several lengths end
        with the shortest.

    Raises:
        ValueError: If the shaft does not turn.
    """
    speed = torch.as_tensor(rpm, dtype=torch.float64, device=signal.device) / 60.0
    speed = floored_speed(speed.expand(*speed.shape[:-1], signal.shape[-1]))
    turns = float(shaft_angle(speed, sampling_rate)[..., -1].min())
    points = math.floor(turns * samples_per_revolution + 1e-9) + 1
    factor = math.ceil(sampling_rate / (float(speed.min()) * samples_per_revolution) - 1e-9)
    positions = positions_at_angle(
        speed, sampling_rate, factor * samples_per_revolution, factor * points
    )
    return decimate(interpolate_at(signal, positions), factor)
