"""From a recording to a recording, before windows are cut: what needs speed and long context."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import nn

from datamodules.errors import SamplingRateError, where
from datamodules.recording import Recording
from iadtln.signals import band_pass, envelope, resample, resample_by_angle

FINER, COARSER = 100, 10_000  # times; the rate of a damaged header would fill memory or days


class RecordingTransform(nn.Module, ABC):
    """Maps a recording to a recording, once, on the device of its signal.

    Attributes:
        fits_each: whether it fits something to each whole recording, so that every sample depends
            on all others, unlabelled test samples included; the summary says so.
    """

    fits_each: ClassVar[bool] = False

    @abstractmethod
    def forward(self, recording: Recording) -> Recording:
        """Return the transformed recording."""

    def lead(self, before: Recording, after: Recording) -> int:
        """Samples of a recording that are left out at its beginning, at its own rate.

        A transform whose filters fill up says how many; what else is missing is missing at the end.

        Args:
            before: the recording.
            after: what ``forward`` has made of it.
        """
        return 0

    @property
    def needs_fit(self) -> bool:
        """Whether ``fit`` must be called first; most transforms have nothing to choose."""
        return False

    def fit(self, recordings: Iterable[Recording]) -> None:
        """Choose what is common to all recordings; the choice is part of the state.

        Args:
            recordings: without labels, as the transforms before this one left them.
        """

    def extra_repr(self) -> str:
        """Settings of the transform: part of the key of the cache."""
        own = {k: v for k, v in vars(self).items() if not k.startswith("_") and k != "training"}
        return ", ".join(f"{name}={value!r}" for name, value in own.items())


def require_time_axis(recording: Recording, transform: str) -> None:
    """Raise if a transform that counts in hertz meets a recording in revolutions."""
    if recording.axis == "angle":
        raise SamplingRateError(
            f"{where(recording.source, recording.recording_id)}: {transform} needs a recording in "
            "seconds, got one already resampled by angle; put it before AngleResample"
        )


def require_near(recording: Recording, known: float, wanted: float) -> None:
    """Raise if a recording is to have far more or fewer samples in a second or turn than it has."""
    if not wanted / FINER <= known <= wanted * COARSER:
        raise SamplingRateError(
            f"{where(recording.source, recording.recording_id)}: expected {wanted / FINER:g} to "
            f"{wanted * COARSER:g} samples a second or turn to make {wanted:g} of, got {known:g}; "
            "correct its sampling_rate or rpm"
        )


def require_filled(
    recording: Recording, rpm: float | NDArray[np.float64], samples_per_revolution: float
) -> None:
    """Raise if a turn is to have more samples than the recording has at its highest speed."""
    fastest = float(np.max(rpm))
    shortest = recording.sampling_rate * 60.0 / fastest  # turn, in samples
    if samples_per_revolution > shortest:
        raise SamplingRateError(
            f"{where(recording.source, recording.recording_id)}: expected samples_per_revolution "
            f"up to {math.floor(shortest)}, which {recording.sampling_rate:g} Hz have at "
            f"{fastest:.0f} rpm, got {samples_per_revolution:g}; orders above {shortest / 2:.0f} "
            "would hold nothing, and a search of filters would choose them"
        )


def require_positive(**options: float) -> None:
    """Raise if an option of a transform is zero or negative."""
    for name, value in options.items():
        if value <= 0:
            raise ValueError(f"expected {name} > 0, got {value}")


class Resample(RecordingTransform):
    """Another sampling rate, with an anti-alias filter.

    Args:
        sampling_rate: samples per second wanted.
    """

    def __init__(self, sampling_rate: float) -> None:
        super().__init__()
        require_positive(sampling_rate=sampling_rate)
        self.sampling_rate = sampling_rate

    def forward(self, recording: Recording) -> Recording:
        """Return the recording at the new rate; a speed profile is resampled with it."""
        require_time_axis(recording, "Resample")
        require_near(recording, recording.sampling_rate, self.sampling_rate)
        signal = resample(recording.signal, recording.sampling_rate, self.sampling_rate)
        rpm = recording.rpm
        if rpm is not None and not isinstance(rpm, float):
            samples = np.arange(signal.shape[-1]) * recording.sampling_rate / self.sampling_rate
            rpm = np.interp(samples, np.arange(len(rpm)), rpm)
        return replace(recording, signal=signal, sampling_rate=self.sampling_rate, rpm=rpm)


class BandPass(RecordingTransform):
    """Zero-phase Butterworth band-pass.

    Args:
        low_hz: lower edge in hertz.
        high_hz: upper edge in hertz, below half the sampling rate.
        order: steepness of the edges.
    """

    def __init__(self, low_hz: float, high_hz: float, order: int = 4) -> None:
        super().__init__()
        require_positive(low_hz=low_hz, order=order)
        self.low_hz = low_hz
        self.high_hz = high_hz
        self.order = order

    def forward(self, recording: Recording) -> Recording:
        """Return the recording with the band only."""
        require_time_axis(recording, "BandPass")
        rate = recording.sampling_rate
        if not 0 < self.low_hz < self.high_hz < rate / 2:
            raise SamplingRateError(
                f"{where(recording.source, recording.recording_id)}: a band of {self.low_hz:g} to "
                f"{self.high_hz:g} Hz does not fit below half its sampling rate, {rate / 2:g} Hz; "
                "lower high_hz"
            )
        signal = band_pass(recording.signal, rate, self.low_hz, self.high_hz, self.order)
        return replace(recording, signal=signal)


class Envelope(RecordingTransform):
    """Hilbert envelope: the slow rise and fall of what rings fast."""

    def forward(self, recording: Recording) -> Recording:
        """Return the envelope of each channel."""
        return replace(recording, signal=envelope(recording.signal))


class AngleResample(RecordingTransform):
    """A set number of samples in each revolution of the shaft, whatever its speed.

    Args:
        samples_per_revolution: samples in one revolution.
        oversample: True allows more than the recording has where it is fastest. The highest orders
            then hold nothing for a while or at all, which deceives whoever searches filters.
    """

    def __init__(self, samples_per_revolution: float = 640, oversample: bool = True) -> None:
        super().__init__()
        require_positive(samples_per_revolution=samples_per_revolution)
        self.samples_per_revolution = samples_per_revolution
        self.oversample = oversample

    def forward(self, recording: Recording) -> Recording:
        """Return the recording on an angle axis."""
        require_time_axis(recording, "AngleResample")
        if recording.rpm is None:
            raise SamplingRateError(
                f"{where(recording.source, recording.recording_id)}: AngleResample needs the shaft "
                "speed, got rpm None; give rpm in the manifest, or leave this transform out"
            )
        known = recording.samples_per_revolution or 0.0
        require_near(recording, known, self.samples_per_revolution)
        if not self.oversample:
            require_filled(recording, recording.rpm, self.samples_per_revolution)
        signal = resample_by_angle(
            recording.signal, recording.sampling_rate, recording.rpm, self.samples_per_revolution
        )
        return replace(
            recording,
            signal=signal,
            sampling_rate=self.samples_per_revolution,
            rpm=recording.mean_rpm,
            axis="angle",
        )


class EnvelopeAngle(RecordingTransform):
    """Band-passed Hilbert envelope in the shaft's angle: fault periods stand still across speeds.

    Impacts of a bearing ring at frequencies of the structure, which do not move with the speed; how
    often they come is fixed per revolution. The envelope of the band keeps the second and drops the
    first, and 2048 samples at 640 a revolution hold 3.2 revolutions.

    Args:
        low_hz: lower edge of the band in hertz.
        high_hz: upper edge in hertz, below half the sampling rate.
        samples_per_revolution: samples in one revolution.
    """

    def __init__(
        self,
        low_hz: float = 2000.0,
        high_hz: float = 15000.0,
        samples_per_revolution: float = 640.0,
    ) -> None:
        super().__init__()
        self.steps = nn.Sequential(
            BandPass(low_hz, high_hz), Envelope(), AngleResample(samples_per_revolution)
        )

    def forward(self, recording: Recording) -> Recording:
        """Return the envelope of the band on an angle axis."""
        transformed: Recording = self.steps(recording)
        return transformed
