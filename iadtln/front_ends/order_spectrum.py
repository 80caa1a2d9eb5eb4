"""The envelope spectrum in events per revolution: fault rates keep their place at any speed."""

from collections.abc import Sequence

import torch
from torch import Tensor

from datamodules.transforms import AngleResample, Envelope, RecordingTransform
from iadtln.front_ends.base import FrontEnd
from iadtln.front_ends.envelope import given_or_chosen_band
from iadtln.front_ends.spectrum import Scale, scaled


def amplitude_at_orders(
    signal: Tensor, samples_per_revolution: float, resolution: float, points: int
) -> Tensor:
    r"""Amplitude spectrum of an angle signal at the orders :math:`r, 2r, \dots`, r the resolution.

    The Fourier sum of the centred window is evaluated at these orders themselves, by padding it
    with zeros until its bins are :math:`r` apart. A window so long that its own bins are closer is
    padded to a fraction of :math:`r`, and the largest amplitude of each step is kept.

    Args:
        signal: shape ``(..., time)``.
        samples_per_revolution: samples in one revolution.
        resolution: step in orders, of which ``samples_per_revolution`` should be a multiple.
        points: number of steps.

    Returns:
        Shape ``(..., points)``.
    """
    time = signal.shape[-1]
    length = round(samples_per_revolution / resolution)
    bins = -(-time // length)  # in a step
    centred = signal - signal.mean(-1, keepdim=True)
    amplitude = torch.fft.rfft(centred, n=length * bins).abs() * (2.0 / time)
    kept = amplitude[..., 1 : points * bins + 1]
    largest: Tensor = kept.reshape(*kept.shape[:-1], points, bins).amax(-1)
    return largest


class OrderSpectrum(FrontEnd):
    """Envelope of whole recordings in the shaft's angle; spectrum of windows at fixed orders.

    Its points mean the same whatever the speed, the sampling rate and the length of the windows.
    Count windows in revolutions: lines closer than one over their number run together.

    Args:
        samples_per_revolution: samples in one revolution, more than twice ``max_order``.
        max_order: highest order, in events per revolution.
        resolution: distance of two points in orders.
        low_hz: lower edge in hertz of a band-pass ahead of the envelope; null (with high_hz: null)
            lets the recordings choose the band in which they are most impulsive, see KurtosisBand.
        high_hz: upper edge in hertz, below half the sampling rate of every recording.
        levels: halvings of the whole band down to the narrowest that can be chosen.
        scale: ``amplitude`` or ``decibel``.
        standardise: give each channel of the output mean 0 and deviation 1 in each window.
    """

    def __init__(
        self,
        samples_per_revolution: float = 320.0,
        max_order: float = 20.0,
        resolution: float = 0.1,
        low_hz: float | None = None,
        high_hz: float | None = None,
        levels: int = 4,
        scale: Scale = "amplitude",
        standardise: bool = True,
    ) -> None:
        super().__init__(standardise)
        if not 0 < resolution <= max_order < samples_per_revolution / 2:
            raise ValueError(
                "expected 0 < resolution <= max_order < samples_per_revolution / 2, "
                f"got {resolution}, {max_order} and {samples_per_revolution}"
            )
        self.samples_per_revolution, self.resolution = samples_per_revolution, resolution
        self.points = round(max_order / resolution)
        self.band, self.scale = given_or_chosen_band(low_hz, high_hz, levels), scale

    def recording_transforms(self) -> Sequence[RecordingTransform]:
        """Return band-pass, envelope and order tracking."""
        # the envelope before the order tracking, whose anti-alias filter would take the ringing
        return [*self.band, Envelope(), AngleResample(self.samples_per_revolution)]

    def transform(self, signal: Tensor) -> Tensor:
        """Return the spectra, shape ``(batch, channels, max_order / resolution)``."""
        spectrum = amplitude_at_orders(
            signal, self.samples_per_revolution, self.resolution, self.points
        )
        return scaled(spectrum, signal, self.scale)
