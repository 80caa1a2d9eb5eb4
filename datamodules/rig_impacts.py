"""What a defect of a rolling bearing does: when, how hard and with what answer it is struck."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from datamodules.rig_domain import Mode, RigDomain
from iadtln.signals.bearing import BearingGeometry

Array = NDArray[np.float64]
KNOWN_DEFECTS = ("IF", "BF", "OF")  # also the order of the gains of a mode


class Defect(NamedTuple):
    """How a defect is struck.

    Args:
        order: impacts per turn of the shaft.
        travel: turns of the defect round the load zone per turn of the shaft.
        path: which of the gains of a mode is its own.
    """

    order: float
    travel: float
    path: int


def known_defects(geometry: BearingGeometry) -> dict[str, Defect]:
    """Return the defects a bearing can have, by name.

    Args:
        geometry: of the bearing.

    Returns:
        ``IF``: on the inner race, which turns with the shaft; ``BF``: on a ball, which goes round
        with the cage and strikes both races in each turn about itself; ``OF``: on the outer race.
    """
    orders = geometry.orders()
    rates = ((orders.bpfi, 1.0), (2 * orders.bsf, orders.ftf), (orders.bpfo, 0.0))
    return {
        name: Defect(*rate, path)
        for path, (name, rate) in enumerate(zip(KNOWN_DEFECTS, rates, strict=True))
    }


def load_distribution(angle: Array, load_zone: float) -> Array:
    r"""Load on a ball, as a share of the largest.

    .. math:: q(\psi) = \left( 1 - \frac{1 - \cos \psi}{2 \varepsilon} \right)_+^{3/2}

    Args:
        angle: position :math:`\psi` round the bearing in radians, 0 in the direction of the load.
        load_zone: load distribution factor :math:`\varepsilon`.

    Returns:
        In [0, 1], the shape of ``angle``.

    Reference: Harris, Rolling Bearing Analysis; McFadden and Smith, JSV 1984, eq. 1.
    """
    share = 1 - (1 - np.cos(angle)) / (2 * load_zone)
    return np.asarray(np.maximum(share, 0.0) ** 1.5)


def impact_positions(
    order: float, revolutions: float, slip: float, generator: np.random.Generator
) -> Array:
    """Shaft positions at which a defect is struck, a random walk round the exact rate.

    The intervals vary independently of each other, as rolling elements slip, so the train loses
    its phase with time (pseudo-cyclostationary; Antoni and Randall, JSV 2003) and its harmonics
    widen with their number, as they do in measured signals.

    Args:
        order: impacts per turn.
        revolutions: turns of the shaft in the recording.
        slip: standard deviation of an interval, as a share of it.
        generator: of the first position and of the intervals.

    Returns:
        Turns of the shaft since the first sample, shape ``(impacts,)``, below ``revolutions``.
    """
    expected = revolutions * order
    enough = int(expected + 8 * slip * np.sqrt(expected)) + 8  # 8 sigma of the walk
    intervals = 1 + slip * generator.standard_normal(enough)
    positions = (generator.uniform() + np.cumsum(intervals) - intervals[0]) / order
    return np.asarray(positions[positions < revolutions])


def ringing(
    instants: Array, strengths: Array, mode: Mode, sampling_rate: float, num_samples: int
) -> Array:
    r"""Response of one mode to impacts at any instants, not only on samples.

    .. math:: x(t) = \sum_{t_k \le t} a_k e^{-\zeta \omega (t - t_k)} \sin(\omega_d (t - t_k)),
        \quad \omega_d = \omega \sqrt{1 - \zeta^2}

    This is the imaginary part of a state :math:`s` that decays and turns by a fixed factor from
    sample to sample, and to which each impact adds :math:`a_k` as decayed and turned until the
    next sample: a filter with one complex pole, exact at the samples.

    Args:
        instants: :math:`t_k` in samples, from 0 to ``num_samples - 1``, shape ``(impacts,)``.
        strengths: :math:`a_k`, shape ``(impacts,)``.
        mode: frequency and damping :math:`\zeta`; its gains are left out.
        sampling_rate: in Hz.
        num_samples: length of the result.

    Returns:
        Shape ``(num_samples,)``.
    """
    omega = 2 * np.pi * mode.frequency_hz / sampling_rate  # per sample
    pole = omega * (1j * np.sqrt(1 - mode.damping**2) - mode.damping)
    sample = np.ceil(instants).astype(np.int64)
    kicks = strengths * np.exp(pole * (sample - instants))
    drive = np.bincount(sample, kicks.real, num_samples) + 1j * np.bincount(
        sample, kicks.imag, num_samples
    )
    return np.asarray(lfilter([1.0], [1.0, -np.exp(pole)], drive).imag)


def defect_vibration(
    defect: Defect,
    turns: Array,
    domain: RigDomain,
    sampling_rate: float,
    generator: np.random.Generator,
) -> Array:
    """Vibration from one defect, shape ``(time,)``.

    Args:
        defect: see :func:`known_defects`.
        turns: of the shaft since the first sample, shape ``(time,)``.
        domain: load, slip and transfer path.
        sampling_rate: in Hz.
        generator: of the size and first position of the defect, and of the slip. The size is
            log-normal, 20 % round 1; a defect that stands still is in the middle of the load zone.
    """
    size = np.exp(0.2 * generator.standard_normal())
    start = generator.uniform() if defect.travel else 0.0
    positions = impact_positions(defect.order, turns[-1], domain.slip, generator)
    angles = 2 * np.pi * (start + defect.travel * positions)
    strengths = size * domain.load * load_distribution(angles, domain.load_zone)
    instants = np.interp(positions, turns, np.arange(len(turns), dtype=np.float64))
    vibration = np.zeros(len(turns))
    for mode in domain.modes:
        response = ringing(instants, strengths, mode, sampling_rate, len(turns))
        vibration += mode.gains[defect.path] * response
    return vibration
