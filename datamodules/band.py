"""A band that recordings choose themselves, without labels."""

from collections.abc import Iterable
from dataclasses import replace

import torch

from datamodules.errors import SamplingRateError, TooShortError, where
from datamodules.recording import Recording
from datamodules.transforms import RecordingTransform, require_positive, require_time_axis
from iadtln.signals.envelope import band_pass
from iadtln.signals.kurtogram import kurtogram, kurtogram_bands


class KurtosisBand(RecordingTransform):
    r"""Band-pass where the recordings of both domains are most impulsive.

    The kurtogram says of each recording how impulsive it is in every band of a tree of filters. One
    band serves all recordings: that of the greatest mean :math:`\log (1 + K)`, whose logarithm
    keeps one violent recording from deciding for all. The mean is over the training part of the
    source, and of the target what the protocol lets training see: all of it under ``paper``.

    Args:
        levels: halvings of the whole band down to the narrowest one that can be chosen.
        order: steepness of the edges of the band-pass.
    """

    band_hz: torch.Tensor

    def __init__(self, levels: int = 4, order: int = 4) -> None:
        super().__init__()
        require_positive(levels=levels, order=order)
        self.levels, self.order = levels, order
        self.register_buffer("band_hz", torch.full((2,), torch.nan, dtype=torch.float64))

    @property
    def needs_fit(self) -> bool:
        """Whether no band has been chosen yet."""
        return bool(self.band_hz.isnan().any())

    def fit(self, recordings: Iterable[Recording]) -> None:
        """Choose the band.

        Raises:
            SamplingRateError: If the recordings differ in sampling rate.
            TooShortError: If one is too short for the levels of the kurtogram.
        """
        total, rate = torch.zeros(()), 0.0
        for recording in recordings:
            require_time_axis(recording, "KurtosisBand")
            if rate not in (0.0, recording.sampling_rate):
                raise SamplingRateError(
                    f"{where(recording.source, recording.recording_id)}: KurtosisBand needs one "
                    f"sampling rate, got {recording.sampling_rate:g} after {rate:g} Hz; "
                    "set resample_hz"
                )
            rate = recording.sampling_rate
            if recording.num_samples < 2 ** (self.levels + 7):
                raise TooShortError(
                    f"{where(recording.source, recording.recording_id)}: expected at least "
                    f"{2 ** (self.levels + 7)} samples to choose a band in {self.levels} levels, "
                    f"got {recording.num_samples}; leave it out, or lower levels"
                )
            image = kurtogram(recording.signal, self.levels).log1p().mean(0)
            total = total.to(image) + image
        cell = total.flatten().argmax()
        self.band_hz = kurtogram_bands(rate, self.levels).flatten(0, 1)[cell.cpu()]

    def forward(self, recording: Recording) -> Recording:
        """Return the recording with the band only.

        Raises:
            RuntimeError: If no band has been chosen.
        """
        if self.needs_fit:
            raise RuntimeError("KurtosisBand has no band yet; call fit with the recordings first")
        require_time_axis(recording, "KurtosisBand")
        # the outermost bands begin at zero and end at half the rate, where a band-pass cannot
        rate = recording.sampling_rate
        low_hz = max(float(self.band_hz[0]), 1e-3 * rate)
        high_hz = min(float(self.band_hz[1]), 0.499 * rate)
        signal = band_pass(recording.signal, rate, low_hz, high_hz, self.order)
        return replace(recording, signal=signal)
