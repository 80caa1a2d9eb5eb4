"""Health indicators: from one snapshot of a machine to one number for each of its channels."""

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor

from iadtln.monitoring.denoising import Denoiser
from iadtln.monitoring.fault_indicator import FaultIndicator
from iadtln.signals.bearing import BearingGeometry
from iadtln.signals.envelope import band_pass
from iadtln.signals.envelope_spectrum import envelope_spectrum, spectrum_axis
from iadtln.signals.indices import kurtosis

Defect = Literal["outer", "inner", "ball", "cage"]


class Indicator(ABC):
    """A number that tells how a machine does.

    Args:
        window: samples over which it is taken, windows of a snapshot averaged; null for the whole
            snapshot. What is left at the end is dropped.

    Raises:
        ValueError: If the window holds less than two samples.
    """

    name: str  # of columns and curves

    def __init__(self, window: int | None = None) -> None:
        if window is not None and window < 2:
            raise ValueError(f"expected a window of two samples or more, got {window}")
        self.window = window

    @abstractmethod
    def rate(self, windows: Tensor, sampling_rate: float) -> Tensor:
        """Return a number for each window.

        Args:
            windows: shape ``(..., time)``, float64.
            sampling_rate: samples per second.

        Returns:
            Shape ``(...)``.
        """

    def __call__(self, signal: Tensor, sampling_rate: float) -> Tensor:
        """Rate a snapshot.

        Args:
            signal: shape ``(channels, time)``.
            sampling_rate: samples per second.

        Returns:
            Float64, shape ``(channels,)``.

        Raises:
            ValueError: If the snapshot is shorter than a window.
        """
        time = signal.shape[-1]
        length = self.window or time
        if time < length:
            raise ValueError(f"expected a snapshot of {length} samples or more, got {time}")
        whole = signal.double()[..., : time // length * length]
        windows = whole.reshape(*signal.shape[:-1], -1, length)
        return self.rate(windows, sampling_rate).mean(-1)

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in sorted(vars(self).items()))
        return f"{type(self).__name__}({options})"


class RMS(Indicator):
    """Root mean square about the mean: how strong the vibration is, in the unit of the signal.

    Args:
        window: samples over which it is taken; null for the whole snapshot.
    """

    name = "rms"

    def rate(self, windows: Tensor, sampling_rate: float) -> Tensor:
        """Return the deviation of each window."""
        return windows.std(-1, correction=0)


class Kurtosis(Indicator):
    """Fourth moment over the squared second: how impulsive; 3 for Gaussian noise.

    Args:
        window: samples over which it is taken; null for the whole snapshot.
    """

    name = "kurtosis"

    def rate(self, windows: Tensor, sampling_rate: float) -> Tensor:
        """Return the kurtosis of each window."""
        return kurtosis(windows)


class CrestFactor(Indicator):
    """Greatest deviation from the mean over the root mean square.

    Args:
        window: samples over which it is taken; null for the whole snapshot.
    """

    name = "crest_factor"

    def rate(self, windows: Tensor, sampling_rate: float) -> Tensor:
        """Return the crest factor of each window, zero for a constant."""
        centred = windows - windows.mean(-1, keepdim=True)
        peak, strength = centred.abs().amax(-1), centred.square().mean(-1).sqrt()
        return torch.where(strength == 0, 0.0, peak / strength)


class CFFI(Indicator):
    """Composite fault feature index: kurtosis and regularity of a window together.

    The paper scales both over the modes of one decomposition. One snapshot is compared with the
    next here, so the scale must not depend on either: ``fixed`` or ``surrogate``.

    Args:
        norm: ``fixed`` limits, or the entropy against a ``surrogate`` of random phases (ours).
        weight_kurtosis: weight of the impulses.
        weight_entropy: weight of the regularity.
        segments: pieces of 1024 samples whose entropy is averaged; null for all. Time grows with
            them.
        denoiser: what a window goes through first, such as the whole CFFI-VMD of the paper; null
            for none. It takes seconds for each window of each channel.
        window: samples over which it is taken; null for the whole snapshot.

    Raises:
        ValueError: If the norm is another.

    Reference: Sensors 2026, 26(4) 1394, section 2.1.1.
    """

    name = "cffi"

    def __init__(
        self,
        norm: Literal["fixed", "surrogate"] = "fixed",
        weight_kurtosis: float = 0.5,
        weight_entropy: float = 0.5,
        segments: int | None = None,
        denoiser: Denoiser | None = None,
        window: int | None = None,
    ) -> None:
        super().__init__(window)
        if norm not in ("fixed", "surrogate"):
            raise ValueError(
                "expected norm 'fixed' or 'surrogate', for a window has no other modes to be "
                f"compared with, got {norm!r}"
            )
        self.index = FaultIndicator(norm, weight_kurtosis, weight_entropy, segments=segments)
        self.denoiser = denoiser
        if denoiser is not None:
            self.name = "cffi_vmd"

    def rate(self, windows: Tensor, sampling_rate: float) -> Tensor:
        """Return the index of each window, each taken as one mode."""
        if self.denoiser is not None:
            rows = windows.flatten(0, -2)
            clean = [self.denoiser(row, sampling_rate).signal for row in rows]
            windows = torch.stack(clean).to(windows).reshape(windows.shape)
        return self.index(windows[..., None, :])[..., 0]


class EnvelopeLine(Indicator):
    r"""Strength of a defect's lines in the spectrum of the envelope, in the unit of the signal.

    .. math:: \sqrt{\sum_{h=1}^{H} \max_{|f - h f_d| \le \epsilon h f_d} S(f)^2}

    Args:
        defect: whose lines: of the outer race, the inner race, a ball (twice its spin) or the cage.
        rpm: speed of the shaft in revolutions per minute.
        geometry: of the bearing.
        harmonics: how many lines.
        tolerance: how far off a line may lie, as a share of its frequency, for slip; at least one
            bin of the spectrum.
        low_hz: lower edge of the resonance whose envelope is taken; null for the whole spectrum.
        high_hz: upper edge, likewise.
        window: samples over which it is taken; null for the whole snapshot. Lines are told apart
            only in windows of several of their periods.

    Raises:
        ValueError: If only one edge of the resonance is given, or the speed is not positive.
    """

    name = "envelope_line"

    def __init__(
        self,
        defect: Defect,
        rpm: float,
        geometry: BearingGeometry,
        harmonics: int = 3,
        tolerance: float = 0.02,
        low_hz: float | None = None,
        high_hz: float | None = None,
        window: int | None = None,
    ) -> None:
        super().__init__(window)
        if rpm <= 0 or harmonics < 1 or (low_hz is None) != (high_hz is None):
            raise ValueError(
                "expected rpm above 0, one harmonic or more, and low_hz and high_hz both or "
                f"neither, got {rpm}, {harmonics}, {low_hz} and {high_hz}"
            )
        rates = geometry.frequencies_hz(rpm)
        strikes = {
            "outer": rates.bpfo, "inner": rates.bpfi, "ball": 2 * rates.bsf, "cage": rates.ftf,
        }  # fmt: skip
        self.line_hz = strikes[defect]
        self.harmonics, self.tolerance = harmonics, tolerance
        self.low_hz, self.high_hz = low_hz, high_hz
        self.name = f"envelope_{defect}"

    def rate(self, windows: Tensor, sampling_rate: float) -> Tensor:
        """Return the strength of the lines of each window."""
        if self.low_hz is not None and self.high_hz is not None:
            windows = band_pass(windows, sampling_rate, self.low_hz, self.high_hz)
        spectrum = envelope_spectrum(windows)
        axis = spectrum_axis(windows.shape[-1], sampling_rate).to(windows.device)
        power = torch.zeros_like(spectrum[..., 0])
        for harmonic in range(1, self.harmonics + 1):
            line = harmonic * self.line_hz
            near = (axis - line).abs() <= max(self.tolerance * line, float(axis[1]))
            if near.any():  # none above half the sampling rate
                power = power + spectrum[..., near].amax(-1).square()
        return power.sqrt()
