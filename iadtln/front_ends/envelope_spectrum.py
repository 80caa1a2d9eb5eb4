"""How often what rings is struck: the spectrum of the envelope of each window."""

from collections.abc import Sequence

from torch import Tensor

from datamodules.transforms import RecordingTransform
from iadtln.front_ends.base import FrontEnd
from iadtln.front_ends.envelope import band
from iadtln.front_ends.spectrum import Scale, scaled
from iadtln.signals.envelope_spectrum import envelope_spectrum


class EnvelopeSpectrum(FrontEnd):
    """Amplitude spectrum of the Hilbert envelope of each window, without the mean.

    Args:
        low_hz: lower edge in hertz of a band-pass of whole recordings ahead of it; null for none.
        high_hz: upper edge in hertz, below half the sampling rate; null for none.
        share: lowest part of the spectrum that is kept, up to 1. The envelope moves slowly: with
            0.25, windows at 12 kHz give 0 to 1500 Hz.
        scale: ``amplitude`` or ``decibel``.
        standardise: give each channel of the output mean 0 and deviation 1 in each window.
    """

    def __init__(
        self,
        low_hz: float | None = None,
        high_hz: float | None = None,
        share: float = 0.25,
        scale: Scale = "amplitude",
        standardise: bool = True,
    ) -> None:
        super().__init__(standardise)
        if not 0 < share <= 1:
            raise ValueError(f"expected a share of the spectrum above 0, up to 1, got {share}")
        self.band = low_hz, high_hz
        self.share, self.scale = share, scale
        band(*self.band)  # wrong options fail here, not after the data are read

    def recording_transforms(self) -> Sequence[RecordingTransform]:
        """Return the band-pass, if there is one."""
        return band(*self.band)

    def transform(self, signal: Tensor) -> Tensor:
        """Return the spectra, shape ``(batch, channels, about share * time / 2)``."""
        centred = signal - signal.mean(-1, keepdim=True)
        spectrum = envelope_spectrum(centred)[..., 1:]
        points = max(1, round(self.share * spectrum.shape[-1]))
        return scaled(spectrum[..., :points], signal, self.scale)
