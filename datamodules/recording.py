"""One measured signal with everything that is known about it."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from datamodules.errors import (
    ConstantChannelError,
    DataError,
    NonFiniteSignalError,
    TooShortError,
    where,
)


@dataclass(frozen=True, eq=False)
class Recording:
    """A signal as it was measured, or as a recording transform left it.

    Args:
        signal: shape ``(channels, time)``, float32.
        sampling_rate: samples per second on a time axis, samples per revolution on an angle axis.
        rpm: shaft speed in revolutions per minute: a number, an array with one value a sample
            for variable speed, or None if not known.
        label: name of the class, or None if not known.
        domain: the machine, load or speed this recording belongs to.
        recording_id: unique name.
        bearing_id: which physical bearing was mounted.
        source: the file it came from, for messages.
        axis: ``time`` as measured; ``angle`` after computed order tracking.
    """

    signal: Tensor
    sampling_rate: float
    rpm: float | NDArray[np.float64] | None
    label: str | None
    domain: str
    recording_id: str
    bearing_id: str = ""
    source: str = ""
    axis: Literal["time", "angle"] = "time"
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        here = where(self.source, self.recording_id)
        if self.signal.ndim != 2 or self.signal.dtype != torch.float32:
            raise DataError(
                f"{here}: expected a float32 signal of shape (channels, time), "
                f"got {self.signal.dtype} of shape {tuple(self.signal.shape)}"
            )
        if not self.sampling_rate > 0:
            raise DataError(f"{here}: sampling_rate must be positive, got {self.sampling_rate}")
        if isinstance(self.rpm, np.ndarray) and self.rpm.shape != (self.num_samples,):
            raise DataError(
                f"{here}: an rpm array needs one value a sample, ({self.num_samples},), "
                f"got {self.rpm.shape}"
            )

    @property
    def num_samples(self) -> int:
        """Length of the signal in samples."""
        return self.signal.shape[-1]

    @property
    def mean_rpm(self) -> float | None:
        """Mean shaft speed in revolutions per minute, None if not known."""
        return None if self.rpm is None else float(np.mean(self.rpm))

    @property
    def samples_per_revolution(self) -> float | None:
        """Samples in one (mean) revolution of the shaft, None if the speed is not known."""
        if self.axis == "angle":
            return self.sampling_rate
        return None if self.mean_rpm is None else self.sampling_rate * 60.0 / self.mean_rpm


def check_signal(recording: Recording) -> None:
    """Raise if a signal cannot be learned from.

    Raises:
        TooShortError: If there are no samples.
        NonFiniteSignalError: On NaN or infinite samples.
        ConstantChannelError: On a channel that never changes.
    """
    here = where(recording.source, recording.recording_id)
    if not recording.signal.numel():
        raise TooShortError(f"{here}: expected samples, got none; leave it out, or fetch it again")
    finite = torch.isfinite(recording.signal)
    if not finite.all():
        first = int((~finite).any(0).nonzero()[0])
        raise NonFiniteSignalError(
            f"{here}: expected finite samples, got {int((~finite).sum())} NaN or infinite ones, "
            f"the first at sample {first}; cut them out, or set on_bad: skip"
        )
    constant = (recording.signal == recording.signal[:, :1]).all(1)
    if constant.any():
        channel = int(constant.nonzero()[0])
        raise ConstantChannelError(
            f"{here}: channel {channel} is {float(recording.signal[channel, 0]):g} throughout: "
            "a dead sensor or a wrong column; choose another, or set on_bad: skip"
        )
