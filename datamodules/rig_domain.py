"""What one domain of the simulated rig is: a machine, its working condition, its sensor path."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Mode:
    """One resonance of the structure between the bearing and the sensor.

    Args:
        frequency_hz: resonance frequency in Hz, below half the sampling rate.
        damping: share of the critical damping, between 0 and 1; 0.02 to 0.1 in steel housings.
        gains: amplitudes at which it starts to ring after an impact on the inner race, on a ball
            and on the outer race: the outer ring sits in the housing, the inner ring reaches it
            through the shaft and the balls, so each excites other modes.
    """

    frequency_hz: float
    damping: float = 0.05
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        if not (self.frequency_hz > 0 and 0 < self.damping < 1):
            raise ValueError(
                "a mode needs frequency_hz > 0 and damping between 0 and 1, "
                f"got {self.frequency_hz} and {self.damping}"
            )


@dataclass(frozen=True)
class RigDomain:
    """One machine under one working condition.

    Args:
        rpm: shaft speed in revolutions per minute: a number, or start and end of a linear ramp
            that every recording runs through.
        modes: the transfer path, as its resonances.
        load: factor on every impact, 1 at the nominal load.
        load_zone: how far the load reaches round the bearing, the load distribution factor of
            Harris: 0.5 is a zone of +-90 degrees (no clearance), smaller is narrower.
        snr_db: power of shaft and impacts together over the power of the noise, in dB. A damaged
            machine is louder and gets more noise, so the height of the shaft's lines over the noise
            tells the class, at any ratio.
        noise_rms: root mean square of the noise, in the unit of the gains, the same whatever the
            defect; in the place of ``snr_db``.
        noise_slope: ``a`` in noise of power density ``1 / f^a``: 0 white, 1 pink, 2 brown.
        shaft_amplitudes: amplitudes of the orders 1 (unbalance), 2 (misalignment), 3, ... of the
            shaft, in the unit of the gains; a healthy machine has only these and noise.
        slip: standard deviation of the interval between two impacts, as a share of it.
    """

    rpm: float | tuple[float, float]
    modes: tuple[Mode, ...]
    load: float = 1.0
    load_zone: float = 0.5
    snr_db: float = 0.0
    noise_rms: float | None = None
    noise_slope: float = 0.5
    shaft_amplitudes: tuple[float, ...] = (0.1, 0.05, 0.03)
    slip: float = 0.015

    def __post_init__(self) -> None:
        if not (np.min(self.rpm) > 0 and self.modes):
            raise ValueError(f"a domain needs rpm > 0 and modes, got {self.rpm} and {self.modes}")
        if not (0 < self.load_zone <= 1 and 0 <= self.slip <= 0.2 and self.load > 0):
            raise ValueError(
                "a domain needs load > 0, load_zone in (0, 1] and slip in [0, 0.2], "
                f"got {self.load}, {self.load_zone} and {self.slip}"
            )
        if self.noise_rms is not None and self.noise_rms < 0:
            raise ValueError(f"a domain needs noise_rms of 0 or more, got {self.noise_rms}")
        if not any(self.shaft_amplitudes):
            raise ValueError(
                "a domain needs a shaft amplitude other than 0, or the healthy machine is silent, "
                f"got {self.shaft_amplitudes}"
            )


# 2000 rpm, not 1800: there the cage turns once in 1005 samples at 12 kHz, so that windows of 1024
# would show its load zone at nearly the same place for seconds, and training never the others.
MACHINE_A = RigDomain(
    rpm=2000.0,
    modes=(
        Mode(1200.0, 0.05, (1.0, 0.5, 0.3)),
        Mode(2700.0, 0.04, (0.5, 1.0, 0.5)),
        Mode(4200.0, 0.04, (0.3, 0.5, 1.0)),
    ),
    noise_rms=0.18,
)

# A -> B is tuned to be a transfer task that is neither trivial nor hopeless for SE-CNN: a figure
# on it shows that a method works, not how well it would on a machine.
DEFAULT_DOMAINS: dict[str, RigDomain] = {
    "A": MACHINE_A,
    "B": RigDomain(
        rpm=1500.0,
        modes=(
            Mode(1600.0, 0.05, (0.9, 0.5, 0.3)),
            Mode(2150.0, 0.05, (0.5, 1.0, 0.5)),
            Mode(3400.0, 0.05, (0.3, 0.5, 1.0)),
        ),
        load=1.3,
        load_zone=0.45,
        noise_rms=0.27,
        noise_slope=0.8,
    ),
    "C": RigDomain(
        rpm=1200.0,
        modes=(
            Mode(1050.0, 0.06, (1.0, 0.4, 0.4)),
            Mode(3000.0, 0.05, (0.6, 0.9, 0.4)),
            Mode(4600.0, 0.03, (0.2, 0.6, 0.9)),
        ),
        load=0.8,
        load_zone=0.4,
        noise_rms=0.16,
        noise_slope=0.3,
    ),
    "D": replace(MACHINE_A, rpm=(1200.0, 2000.0)),
}
