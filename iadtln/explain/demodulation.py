"""The band that impacts ring in, and its envelope."""

import math

from torch import Tensor

from iadtln.signals.envelope import band_pass, envelope
from iadtln.signals.kurtogram import best_band

Band = tuple[float, float]


def impulsive_band(signal: Tensor, sampling_rate: float, fastest_hz: float) -> Band:
    """The band of the fast kurtogram, never narrower than the sidebands of its impacts.

    A band of width B shows rates up to B in its envelope: the narrowest holds three harmonics of
    the fastest fault.

    Args:
        signal: shape ``(time,)``.
        sampling_rate: samples per second.
        fastest_hz: highest fault rate.

    Returns:
        Lower and upper edge in Hz; the whole band where there is no room to choose.
    """
    half = sampling_rate / 2
    room = math.log2(max(1.0, half / (3 * fastest_hz)))
    levels = min(4, int(room), int(math.log2(len(signal))) - 7)
    if levels < 1:
        return 0.0, half
    low, high, _ = best_band(signal, sampling_rate, levels)
    return float(low), float(high)


def require_band(band: Band, sampling_rate: float) -> None:
    """Raise if a band cannot be demodulated; from 0 on, it may pass half the sampling rate.

    Args:
        band: lower and upper edge in Hz.
        sampling_rate: samples per second.

    Raises:
        ValueError: If the band is empty or passes half the sampling rate.
    """
    low, high = band
    half = sampling_rate / 2
    if not 0 <= low < high or (low > 0 and high > half):
        raise ValueError(
            f"expected a band between 0 and half the sampling rate ({half:g}), got {low:g} to "
            f"{high:g}"
        )


def demodulated(signal: Tensor, sampling_rate: float, band: Band) -> Tensor:
    """Envelope of a band; edges at zero and at half the sampling rate are left open.

    Args:
        signal: shape ``(..., time)``.
        sampling_rate: samples per second.
        band: lower and upper edge in Hz.

    Raises:
        ValueError: If the band is empty or passes half the sampling rate.
    """
    require_band(band, sampling_rate)
    low, high = band
    half = sampling_rate / 2
    if low == 0 and high >= half:
        return envelope(signal)
    low, high = max(low, 0.005 * half), min(high, 0.995 * half)
    return envelope(band_pass(signal, sampling_rate, low, high))
