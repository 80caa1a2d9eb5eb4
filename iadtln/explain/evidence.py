"""What the physics of a recording says: from the signal to fault lines in its envelope spectrum."""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from iadtln.explain.demodulation import Band, demodulated, impulsive_band
from iadtln.explain.lines import (
    FaultLines,
    Search,
    fault_rates,
    highest_order,
    look_for,
    named_fault,
)
from iadtln.explain.spectrum import averaged_power, chance_level, noise_floor, prewhiten
from iadtln.signals.bearing import BearingGeometry
from iadtln.signals.resampling import resample_by_angle

Speed = float | NDArray[np.float64]
FEWEST_TURNS = 12.0  # below, a line of the cage is as wide as its order is high
LONGEST = 2**22  # samples looked at: more only costs memory
FLOOR_ORDERS = 0.5  # the floor at an order is the median this far to both sides
KEPT = 0.38  # share of the samples per revolution up to which resampling keeps orders


@dataclass(frozen=True, eq=False)
class Measurement:
    """One channel of a recording, as far as physics needs it.

    Args:
        signal: shape ``(time,)``.
        sampling_rate: samples per second, or per revolution on an angle axis.
        rpm: revolutions per minute, a number or one value a sample; None only on an angle axis.
        on_angle: whether the signal is sampled in the shaft's angle.

    Raises:
        ValueError: If the speed is not known, or the shaft does not turn.
    """

    signal: Tensor
    sampling_rate: float
    rpm: Speed | None
    on_angle: bool = False

    def __post_init__(self) -> None:
        if self.rpm is None and not self.on_angle:
            raise ValueError("the speed of the shaft is not known; give it with --rpm")
        if self.shaft_hz is not None and not self.shaft_hz > 0:
            raise ValueError(
                f"expected a shaft that turns, got {60 * self.shaft_hz:g} rpm; correct rpm"
            )

    @property
    def shaft_hz(self) -> float | None:
        """Mean turns per second, None if not known."""
        return None if self.rpm is None else float(np.mean(self.rpm)) / 60.0

    @property
    def turning(self) -> float:
        """Mean turns of the shaft in the unit of the sampling rate."""
        return 1.0 if self.on_angle or self.shaft_hz is None else self.shaft_hz

    @property
    def profile(self) -> NDArray[np.float64] | None:
        """Speed at each sample, where it has to be followed."""
        return self.rpm if isinstance(self.rpm, np.ndarray) and not self.on_angle else None

    def middle(self, longest: int) -> "Measurement":
        """So many samples from its middle; all if it has no more."""
        begin = max(0, (len(self.signal) - longest) // 2)
        part = slice(begin, begin + longest)
        rpm = self.rpm[part] if isinstance(self.rpm, np.ndarray) else self.rpm
        return replace(self, signal=self.signal[part], rpm=rpm)


@dataclass(frozen=True, eq=False)
class Evidence:
    """The envelope order spectrum of a recording and the fault lines in it.

    Args:
        orders: of the bins, shape ``(bins,)``.
        height_db: power of the envelope's spectrum over its floor, shape ``(bins,)``.
        level_db: what the first harmonic of the outer race must pass to stand out.
        lines: what was found of each fault.
        named: the fault that the lines show, None if none.
        band: that was demodulated, in Hz (in orders for a recording on an angle axis).
        shaft_hz: mean speed in turns per second, None if not known.
        steady: whether the speed is one number, so that orders can be told in Hz.
        on_angle: whether the recording is sampled in the shaft's angle.
    """

    orders: Tensor
    height_db: Tensor
    level_db: float
    lines: tuple[FaultLines, ...]
    named: FaultLines | None
    band: Band
    shaft_hz: float | None
    steady: bool
    on_angle: bool = False


def evidence_of(
    measured: Measurement,
    geometry: BearingGeometry,
    search: Search = Search(),  # noqa: B008 (frozen)
    *,
    band: Band | None = None,
    whiten: bool = True,
    revolutions: float = 64.0,
) -> Evidence:
    """Look for the fault lines of a bearing in a recording; nothing here knows a label.

    The signal is whitened, the band in which it is most impulsive demodulated, and the spectrum of
    its envelope averaged over segments of so many revolutions. With a speed profile the
    envelope is resampled in the shaft's angle first: resonances stay in hertz, lines in orders.

    Args:
        measured: the recording.
        geometry: of the bearing.
        search: how lines are looked for.
        band: to demodulate; the kurtogram chooses by default.
        whiten: give all frequencies the same weight first, so that neither shaft lines nor one
            resonance decide.
        revolutions: of the shaft in a segment; more of them part closer lines, fewer are steadier.

    Raises:
        ValueError: If the recording is too short.
    """
    measured = measured.middle(LONGEST)
    signal, rate = measured.signal.double(), measured.sampling_rate
    signal = prewhiten(signal) if whiten else signal
    fastest = measured.turning * max(one.order for one in fault_rates(geometry))
    chosen = band or impulsive_band(signal, rate, fastest)
    bumps = demodulated(signal, rate, chosen)  # not squared: a few large knocks would hide the rest
    per_turn = rate / measured.turning
    if measured.profile is not None:
        per_turn = math.ceil(highest_order(geometry, search) / KEPT)
        bumps = resample_by_angle(bumps, rate, measured.profile, per_turn)
    steady = measured.profile is None and not measured.on_angle
    spectrum = order_spectrum(bumps, per_turn, revolutions)
    found = judged(spectrum, geometry, search)
    return Evidence(*found, chosen, measured.shaft_hz, steady, measured.on_angle)


class OrderSpectrum(NamedTuple):
    """Power over the floor.

    Args:
        height: shape ``(bins,)``.
        step: orders from bin to bin.
        averages: how many independent segments it is worth.
    """

    height: Tensor
    step: float
    averages: float


def order_spectrum(bumps: Tensor, per_turn: float, revolutions: float) -> OrderSpectrum:
    """Power spectrum of an envelope, over its floor.

    Args:
        bumps: the envelope, shape ``(time,)``.
        per_turn: samples in a turn of the shaft.
        revolutions: of the shaft in a segment; half of the recording if that is shorter.

    Raises:
        ValueError: If the recording is too short.
    """
    turns = len(bumps) / per_turn
    if turns < FEWEST_TURNS:
        raise ValueError(
            f"fault lines need at least {FEWEST_TURNS:g} turns of the shaft, got {turns:.1f}; "
            "give a longer recording"
        )
    length = int(per_turn * min(revolutions, max(FEWEST_TURNS, turns / 2)))
    spectrum, averages = averaged_power(bumps, length)
    step = per_turn / length
    floor = noise_floor(spectrum, averages, max(8, round(FLOOR_ORDERS / step)))
    height = spectrum / floor.clamp(min=torch.finfo(floor.dtype).tiny)
    return OrderSpectrum(height, step, averages)


def judged(
    spectrum: OrderSpectrum, geometry: BearingGeometry, search: Search
) -> tuple[Tensor, Tensor, float, tuple[FaultLines, ...], FaultLines | None]:
    """Orders, heights in dB and chance level of a spectrum, its fault lines and what they name.

    Args:
        spectrum: of the envelope.
        geometry: of the bearing.
        search: how lines are looked for.
    """
    height, step, averages = spectrum
    height = height[: math.ceil(highest_order(geometry, search) / step) + 1]
    lines = tuple(look_for(height, step, averages, rate, search) for rate in fault_rates(geometry))
    bins = round(2 * search.slip * lines[0].expected / step) + 1
    level = 10 * math.log10(chance_level(bins, averages, search.false_alarms))
    orders = torch.arange(len(height), dtype=torch.float64) * step
    decibels = 10 * torch.log10(height.clamp(min=1e-3)).cpu()
    return orders, decibels, level, lines, named_fault(lines, search)
