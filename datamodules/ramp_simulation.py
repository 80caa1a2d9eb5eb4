"""The simulated run-up on which ED-GAFMD was shown: a faint race defect under heavy noise."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.recording import Recording

Array: TypeAlias = NDArray[np.float64]
Race: TypeAlias = Literal["outer", "inner"]

FAULT_ORDERS: dict[Race, float] = {"outer": 5.0, "inner": 6.4}  # impacts per turn
HARMONICS_HZ = (7.0, 14.0)  # of other machines, amplitude 0.1
SHOCKS = ((1.5, 8.0), (3.2, 2.0))  # seconds and strength of two blows from outside
SHOCK_HZ, SHOCK_DECAY = 4415.0, 1800.0


@dataclass(frozen=True)
class RampSettings:
    """What the paper leaves open, each with our reading of it.

    Args:
        seconds: length of the recording; the second shock comes after 3.2.
        sampling_rate: in Hz.
        first_hz: speed of the shaft at the start, turns per second; 25 in the paper.
        last_hz: speed at the end, which it reaches linearly; 35 in the paper.
        resonance_hz: frequency at which an impact makes the structure ring.
        decay: how fast the ringing dies, per second.
        amplitude: of the ringing after an impact at the first speed.
        speed_power: amplitude of outer-race impacts grows with this power of the speed.
        load_depth: how far inner-race impacts fade once a turn as they pass the load; 0 to 1.
        jitter: deviation of the angle of an impact, as a share of the angle between two.
        snr_db: power of the signal over the power of the white noise, in dB; -10 in the paper.
        snr_ref: which power: ``total`` of all that is not noise, or ``fault`` of the impacts.
    """

    seconds: float = 5.0
    sampling_rate: float = 20000.0
    first_hz: float = 25.0
    last_hz: float = 35.0
    resonance_hz: float = 3000.0
    decay: float = 800.0
    amplitude: float = 1.0
    speed_power: float = 1.0
    load_depth: float = 0.6
    jitter: float = 0.0
    snr_db: float = -10.0
    snr_ref: Literal["total", "fault"] = "total"

    def __post_init__(self) -> None:
        if not (min(self.first_hz, self.last_hz) > 0 and self.seconds * self.sampling_rate >= 2):
            raise ValueError(
                "expected first_hz and last_hz > 0 and two samples or more, got "
                f"{self.first_hz}, {self.last_hz}, {self.seconds} s at {self.sampling_rate} Hz"
            )
        if not max(self.resonance_hz, SHOCK_HZ) < self.sampling_rate / 2:
            raise ValueError(
                f"expected resonance_hz and the shocks' {SHOCK_HZ:g} Hz below half the "
                f"sampling rate, got {self.resonance_hz:g} and {self.sampling_rate:g}; raise it"
            )


@dataclass(frozen=True, eq=False)
class RampSignal:
    """The run-up in parts of shape ``(time,)``.

    Args:
        fault: ringing after each impact of the defect.
        harmonics: of other machines.
        shocks: two blows from outside.
        noise: white.
        rpm: speed of the shaft at each sample.
        impacts: times of the impacts in seconds, shape ``(impacts,)``.
    """

    fault: Array
    harmonics: Array
    shocks: Array
    noise: Array
    rpm: Array
    impacts: Array

    @property
    def total(self) -> Array:
        """The measured signal, the sum of the parts."""
        return self.fault + self.harmonics + self.shocks + self.noise


def impact_times(
    order: float, settings: RampSettings, generator: np.random.Generator
) -> tuple[Array, Array]:
    r"""When the defect is struck: at :math:`\theta(t_i) = i / FCO` of the linear ramp.

    Args:
        order: impacts per turn, :math:`FCO`.
        settings: of the run-up.
        generator: of the jitter.

    Returns:
        Times in seconds and angles in turns, shape ``(impacts,)``; the first impact is at 0.
    """
    growth = (settings.last_hz - settings.first_hz) / settings.seconds  # turns per second squared
    whole = (settings.first_hz + settings.last_hz) / 2 * settings.seconds
    number = np.arange(int(whole * order) + 2)
    # D.7 writes i / FCO (1 + 0.01 g_i); taken of the angle between two impacts, as in rig_impacts
    turns = (number + settings.jitter * generator.standard_normal(len(number))) / order
    turns = turns[(turns >= 0) & (turns < whole)]
    speed = np.sqrt(settings.first_hz**2 + 2 * growth * turns)
    return 2 * turns / (settings.first_hz + speed), turns


def ringing_after(
    times: Array, strengths: Array, frequency_hz: float, decay: float, time: Array
) -> Array:
    r"""Sum of :math:`A_i e^{-B (t - t_i)} \sin(2 \pi f (t - t_i))` for :math:`t \ge t_i`.

    Args:
        times: :math:`t_i` in seconds, on a sample or not, shape ``(impacts,)``.
        strengths: :math:`A_i`, shape ``(impacts,)``.
        frequency_hz: :math:`f`.
        decay: :math:`B` per second.
        time: of the samples in seconds, from 0 at equal steps, shape ``(time,)``.

    Returns:
        Shape ``(time,)``; each ringing is cut where it is below 1e-13 of its start.
    """
    step = time[1] - time[0]
    first = np.ceil(times / step - 1e-9).astype(np.int64)  # rounding may put t_i past its sample
    index = first[:, None] + np.arange(int(30.0 / (decay * step)) + 1)  # (impacts, ringing)
    since = np.maximum(index * step - times[:, None], 0.0)
    rings = strengths[:, None] * np.exp(-decay * since) * np.sin(2 * np.pi * frequency_hz * since)
    inside = index < len(time)
    return np.bincount(index[inside], rings[inside], len(time)).astype(np.float64)


def simulate_ramp(race: Race, settings: RampSettings | None = None, seed: int = 0) -> RampSignal:
    """Simulate one run-up with a defect.

    Args:
        race: which race has it: ``outer`` (order 5.0) or ``inner`` (6.4).
        settings: of the run-up; those of :class:`RampSettings` by default.
        seed: of noise and jitter.

    Returns:
        The parts of the signal; their noise has the power that ``snr_db`` asks for, exactly.

    Reference: ED-GAFMD, doi 10.1177/10775463261461759, section 3.1.
    """
    settings = settings or RampSettings()
    generator = np.random.default_rng(seed)
    num_samples = round(settings.seconds * settings.sampling_rate)
    time = np.arange(num_samples) / settings.sampling_rate
    growth = (settings.last_hz - settings.first_hz) / settings.seconds
    times, turns = impact_times(FAULT_ORDERS[race], settings, generator)
    if race == "outer":
        strengths = (
            (settings.first_hz + growth * times) / settings.first_hz
        ) ** settings.speed_power
    else:
        strengths = 1 + settings.load_depth * np.cos(2 * np.pi * turns)
    fault = settings.amplitude * ringing_after(
        times, strengths, settings.resonance_hz, settings.decay, time
    )
    harmonics = 0.1 * np.sum([np.sin(2 * np.pi * f * time) for f in HARMONICS_HZ], axis=0)
    blows = np.array([shock for shock in SHOCKS if shock[0] < time[-1]]).reshape(-1, 2)
    shocks = ringing_after(blows[:, 0], blows[:, 1], SHOCK_HZ, SHOCK_DECAY, time)
    reference = fault + harmonics + shocks if settings.snr_ref == "total" else fault
    noise = generator.standard_normal(num_samples)
    power = np.mean(reference**2) * 10 ** (-settings.snr_db / 10)
    noise *= np.sqrt(power / np.mean(noise**2))
    rpm = 60 * (settings.first_hz + growth * time)
    return RampSignal(fault, harmonics, shocks, noise, rpm, times)


def ramp_recording(race: Race, settings: RampSettings | None = None, seed: int = 0) -> Recording:
    """Return one run-up as a recording with its speed at each sample.

    Args:
        race: which race has the defect; also the name of its class.
        settings: of the run-up.
        seed: of noise and jitter.
    """
    settings = settings or RampSettings()
    parts = simulate_ramp(race, settings, seed)
    return Recording(
        signal=torch.from_numpy(parts.total).float()[None],
        sampling_rate=settings.sampling_rate,
        rpm=parts.rpm,
        label=race,
        domain="ramp",
        recording_id=f"ramp/{race}/{seed}",
        bearing_id=f"ramp/{race}/{seed}",
        source="simulated",
    )
