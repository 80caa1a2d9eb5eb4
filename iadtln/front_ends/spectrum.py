"""The amplitude spectrum of each window, and what all front ends of amplitudes share."""

from typing import Literal

import torch
from torch import Tensor

from iadtln.front_ends.base import FrontEnd

Scale = Literal["amplitude", "decibel"]
ROUND_OFF = 1e-7  # of float32, relative to the largest sample: what is below is no line


def amplitude_spectrum(signal: Tensor) -> Tensor:
    r"""One-sided amplitude spectrum without the mean.

    .. math:: A[k] = \frac{2}{N} \left| \sum_n (x[n] - \bar x) e^{-2 \pi i k n / N} \right|,
        \quad k = 1 \dots \lfloor N / 2 \rfloor

    Args:
        signal: shape ``(..., time)``.

    Returns:
        Shape ``(..., time // 2)``; a sine of whole periods has its amplitude in one bin.
    """
    centred = signal - signal.mean(-1, keepdim=True)
    spectrum: Tensor = torch.fft.rfft(centred)[..., 1:]
    return spectrum.abs() * (2.0 / signal.shape[-1])


def scaled(amplitude: Tensor, signal: Tensor, scale: Scale) -> Tensor:
    """Amplitudes free of round-off, as they are or in decibels.

    Without it the noise of the arithmetic would be the spectrum of a constant window.

    Args:
        amplitude: shape ``(batch, channels, ...)``.
        signal: what they are the amplitudes of, shape ``(batch, channels, time)``.
        scale: ``decibel`` is 20 log10, and at least that of round-off.

    Returns:
        The shape of ``amplitude``.
    """
    largest = signal.abs().amax(-1)[(..., *(None,) * (amplitude.ndim - 2))]
    floor = (ROUND_OFF * largest).clamp(min=1e-30)
    if scale == "decibel":
        return 20.0 * torch.maximum(amplitude, floor).log10()
    return torch.where(amplitude > floor, amplitude, 0.0)


class Spectrum(FrontEnd):
    """Amplitude spectrum of each window, the half without the mean.

    Args:
        scale: ``amplitude``, or ``decibel``, which lets weak lines count beside strong ones.
        standardise: give each channel of the output mean 0 and deviation 1 in each window.
    """

    def __init__(self, scale: Scale = "amplitude", standardise: bool = True) -> None:
        super().__init__(standardise)
        self.scale = scale

    def transform(self, signal: Tensor) -> Tensor:
        """Return the spectra, shape ``(batch, channels, time // 2)``."""
        return scaled(amplitude_spectrum(signal), signal, self.scale)
