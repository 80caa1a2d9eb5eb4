"""Spectrum of the envelope: how often, not how high, a resonance is struck."""

import torch
from torch import Tensor

from iadtln.signals.envelope import envelope


def envelope_spectrum(signal: Tensor) -> Tensor:
    r"""One-sided amplitude spectrum of the envelope without its mean.

    .. math:: S[k] = \frac{2}{N} \left| \mathrm{FFT}(e - \bar e)[k] \right|, \qquad
        e = |x + i \mathcal{H}(x)|

    Of a signal sampled in the shaft's angle it is the envelope order spectrum.

    Args:
        signal: shape ``(..., time)``.

    Returns:
        Shape ``(..., time // 2 + 1)``, in the unit of the signal; ``spectrum_axis`` says where each
        bin lies.
    """
    bumps = envelope(signal)
    bumps = bumps - bumps.mean(-1, keepdim=True)
    spectrum: Tensor = torch.fft.rfft(bumps).abs()
    return spectrum * (2.0 / signal.shape[-1])


def spectrum_axis(time: int, rate: float) -> Tensor:
    """Frequency or order of each bin of a one-sided spectrum.

    Args:
        time: samples of the signal.
        rate: samples per second for frequencies in Hz, per revolution for orders.

    Returns:
        Float64, shape ``(time // 2 + 1,)``.

    Example:
        >>> spectrum_axis(6, rate=12.0)
        tensor([0., 2., 4., 6.], dtype=torch.float64)
    """
    axis: Tensor = torch.fft.rfftfreq(time, 1.0 / rate, dtype=torch.float64)
    return axis
