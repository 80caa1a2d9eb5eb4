"""The physics of a bearing test rig: from a defect to the signal of an accelerometer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datamodules.errors import DataError
from datamodules.rig_domain import RigDomain
from datamodules.rig_impacts import Array, defect_vibration, known_defects
from iadtln.signals.bearing import BearingGeometry


@dataclass(frozen=True, eq=False)
class RigSignal:
    """What the sensor picks up, in parts of shape ``(time,)``.

    Args:
        shaft: harmonics of the shaft.
        impacts: ringing of the structure under the impacts of all defects.
        noise: coloured noise.
        rpm: speed of the shaft at each sample.
    """

    shaft: Array
    impacts: Array
    noise: Array
    rpm: Array

    @property
    def total(self) -> Array:
        """The measured signal, the sum of the parts."""
        return self.shaft + self.impacts + self.noise


def shaft_revolutions(rpm: Array, sampling_rate: float) -> Array:
    """Turns of the shaft since the first sample, the integral of the speed.

    Args:
        rpm: speed at each sample, shape ``(time,)``.
        sampling_rate: in Hz.

    Returns:
        Shape ``(time,)``, increasing from 0; exact for linear ramps (trapezoidal rule).
    """
    steps = (rpm[1:] + rpm[:-1]) / (2 * 60 * sampling_rate)
    return np.concatenate([[0.0], np.cumsum(steps)])


def coloured_noise(
    num_samples: int, slope: float, power: float, generator: np.random.Generator
) -> Array:
    """Gaussian noise whose power density falls as ``1 / f^slope``.

    Args:
        num_samples: length.
        slope: 0 white, 1 pink, 2 brown.
        power: mean square of the result, exactly.
        generator: of the noise.

    Returns:
        Shape ``(num_samples,)``, without a mean.
    """
    spectrum = np.fft.rfft(generator.standard_normal(num_samples))
    bins = np.arange(len(spectrum))
    spectrum *= np.where(bins > 0, np.maximum(bins, 1) ** (-slope / 2), 0.0)
    noise = np.fft.irfft(spectrum, num_samples)
    return np.asarray(noise * np.sqrt(power / np.mean(noise**2)))


def shaft_vibration(
    turns: Array, amplitudes: Sequence[float], generator: np.random.Generator
) -> Array:
    """Harmonics of the shaft at random phases, shape ``(time,)``; arguments as in RigDomain."""
    orders = np.arange(1, len(amplitudes) + 1)[:, None]
    phases = orders * turns + generator.uniform(size=orders.shape)
    return np.asarray(np.asarray(amplitudes) @ np.cos(2 * np.pi * phases))


def noise_power(clean: Array, domain: RigDomain) -> float:
    """Mean square of the noise: of its own, or what ``snr_db`` makes of a signal without it."""
    if domain.noise_rms is not None:
        return domain.noise_rms**2
    return float(np.mean(clean**2)) * 10 ** (-domain.snr_db / 10)


def simulate(
    defects: Sequence[str],
    domain: RigDomain,
    geometry: BearingGeometry,
    *,
    sampling_rate: float,
    num_samples: int,
    seed: Sequence[int],
) -> RigSignal:
    """Run the rig once.

    Args:
        defects: keys of :func:`known_defects`; none for a healthy bearing, several add up.
        domain: the machine and its working condition.
        geometry: of the bearing.
        sampling_rate: in Hz.
        num_samples: length of the signal.
        seed: numbers that name this run. Shaft, each defect and noise draw from generators of
            their own, so a part is the same whatever the other parts are.

    Returns:
        The parts of the signal; their noise has the power that the domain asks for, exactly.

    Raises:
        DataError: If a resonance lies above half the sampling rate.
    """
    highest = max(mode.frequency_hz for mode in domain.modes)
    if 2 * highest >= sampling_rate:
        raise DataError(
            f"a resonance at {highest:g} Hz needs a sampling_rate above {2 * highest:g} Hz, "
            f"got {sampling_rate:g}"
        )

    def stream(part: str) -> np.random.Generator:
        return np.random.default_rng([*seed, *part.encode()])

    first, last = np.broadcast_to(domain.rpm, 2)
    rpm = np.linspace(first, last, num_samples)
    turns = shaft_revolutions(rpm, sampling_rate)
    known = known_defects(geometry)
    shaft = shaft_vibration(turns, domain.shaft_amplitudes, stream("shaft"))
    impacts = np.zeros(num_samples)
    for name in defects:
        impacts += defect_vibration(known[name], turns, domain, sampling_rate, stream(name))
    power = noise_power(shaft + impacts, domain)
    noise = coloured_noise(num_samples, domain.noise_slope, power, stream("noise"))
    return RigSignal(shaft, impacts, noise, rpm)
