"""How often a defect of a rolling bearing is struck, from the geometry of the bearing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

BallSpin: TypeAlias = Literal["standard", "seed"]


class FaultRates(NamedTuple):
    """The four characteristic rates of a bearing with a standing outer ring.

    Args:
        ftf: turns of the cage (fundamental train frequency).
        bpfo: balls that pass a point of the outer race.
        bpfi: balls that pass a point of the inner race.
        bsf: turns of a ball about itself; a defect on it strikes a race twice as often. Some
            papers give that strike rate under this name: see ``BearingGeometry.orders``.
    """

    ftf: float
    bpfo: float
    bpfi: float
    bsf: float


@dataclass(frozen=True)
class BearingGeometry:
    r"""A ball or roller bearing whose inner ring turns with the shaft.

    With :math:`n` balls and :math:`\rho = \frac{d}{D} \cos \alpha`, per revolution of the shaft,

    .. math::
        FTF = \tfrac{1}{2} (1 - \rho) \quad BPFO = \tfrac{n}{2} (1 - \rho) \quad
        BPFI = \tfrac{n}{2} (1 + \rho) \quad BSF = \tfrac{D}{2 d} (1 - \rho^2)

    if the balls roll without slip. The defaults are the SKF 6205-2RS of the CWRU drive end.

    Args:
        num_balls: balls or rollers.
        ball_diameter: diameter of a ball, in the unit of ``pitch_diameter`` (here mm).
        pitch_diameter: diameter of the circle through the centres of the balls.
        contact_angle_degrees: angle between the load line and the plane of the balls, degrees.

    Raises:
        ValueError: If no such bearing can be built.

    Example:
        >>> [round(order, 3) for order in BearingGeometry().orders()]
        [0.398, 3.585, 5.415, 2.357]
        >>> round(BearingGeometry().frequencies_hz(rpm=1797.0).bpfo, 1)
        107.4

    Reference: Randall and Antoni, Rolling element bearing diagnostics - a tutorial, MSSP 2011,
    eq. 1-4; Scientific Reports 2025, s41598-025-96106-3, eq. 14-17.
    """

    num_balls: int = 9
    ball_diameter: float = 7.94
    pitch_diameter: float = 39.04
    contact_angle_degrees: float = 0.0

    def __post_init__(self) -> None:
        if self.num_balls < 1:
            raise ValueError(f"a bearing needs at least one ball, got num_balls={self.num_balls}")
        if not 0 < self.ball_diameter < self.pitch_diameter:
            raise ValueError(
                "ball_diameter must lie between 0 and pitch_diameter, in one unit, "
                f"got {self.ball_diameter} and {self.pitch_diameter}"
            )
        if not 0 <= self.contact_angle_degrees < 90:
            raise ValueError(
                f"contact_angle_degrees must lie in [0, 90), got {self.contact_angle_degrees}"
            )

    def orders(self, bsf: BallSpin = "standard") -> FaultRates:
        r"""Return the rates in orders: events per revolution of the shaft.

        Args:
            bsf: ``standard`` for the turns of a ball; ``seed`` for twice as much, the strikes of
                a defect on it: :math:`\frac{D}{d} (1 - \rho^2)` of the AMOMCKD paper, eq. 16.
        """
        angle = math.radians(self.contact_angle_degrees)
        ratio = self.ball_diameter / self.pitch_diameter * math.cos(angle)
        spin = self.pitch_diameter / (2 * self.ball_diameter) * (1 - ratio**2)
        return FaultRates(
            ftf=(1 - ratio) / 2,
            bpfo=self.num_balls * (1 - ratio) / 2,
            bpfi=self.num_balls * (1 + ratio) / 2,
            bsf=2 * spin if bsf == "seed" else spin,
        )

    def frequencies_hz(self, rpm: float, bsf: BallSpin = "standard") -> FaultRates:
        """Return the rates in Hz.

        Args:
            rpm: speed of the shaft in revolutions per minute.
            bsf: as for :meth:`orders`.
        """
        return FaultRates(*(order * rpm / 60 for order in self.orders(bsf)))


def period_range(rates_hz: Sequence[float], sampling_rate: float) -> tuple[float, float]:
    """Shortest and longest time between two strikes, where a search for a period looks.

    Args:
        rates_hz: of the defects that may be there, in Hz.
        sampling_rate: samples per second.

    Returns:
        In samples.

    Example:
        >>> period_range([40.0, 80.0], 64000.0)
        (800.0, 1600.0)

    Reference: Scientific Reports 2025, s41598-025-96106-3, eq. 17.
    """
    return sampling_rate / max(rates_hz), sampling_rate / min(rates_hz)
