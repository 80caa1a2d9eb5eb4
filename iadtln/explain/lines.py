"""Fault lines: which of a bearing's rates, with their harmonics, an envelope spectrum shows."""

import math
import statistics
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from iadtln.explain.spectrum import chance_level
from iadtln.signals.bearing import BearingGeometry

Fault = Literal["outer race", "inner race", "ball", "cage"]
LOBE = 2  # bins that a line is wide to each side in a Hann window's spectrum
STRONG_DB = 25.0  # a harmonic counts no more than this: one giant line is no series
STEPS = 401  # of slip that are tried
COARSE = 0.1  # share of a rate that its place must be known to, or it is not judged


class Rate(NamedTuple):
    """What one fault looks like.

    Args:
        fault: which.
        order: strikes per revolution of the shaft.
        spacing: of the sidebands in orders, how often the defect comes round the load; 0 for none.
    """

    fault: Fault
    order: float
    spacing: float


@dataclass(frozen=True)
class Search:
    """How fault lines are looked for.

    Args:
        harmonics: of each fault rate, the first included.
        slip: how far a rate may lie from that of the geometry, as a share of it: balls slip, and
            speeds are not exact.
        false_alarms: share of harmonics that stand out in pure noise; sets the level.
        sidebands: on each side of a harmonic.
        least: harmonics that must stand out before a fault is named, or one fewer if its sidebands
            do; all of them where the spectrum holds fewer, but never one alone. More than half by
            default: a spectrum full of one fault's lines meets some of another's by chance.

    Raises:
        ValueError: If no search can be made of it.
    """

    harmonics: int = 6
    slip: float = 0.02
    false_alarms: float = 0.01
    sidebands: int = 2
    least: int = 4

    def __post_init__(self) -> None:
        if not (0 <= self.slip < 0.2 and 0 < self.false_alarms < 1):
            raise ValueError(
                "expected slip from 0 to below 0.2 and false_alarms between 0 and 1, got "
                f"{self.slip} and {self.false_alarms}"
            )
        if self.sidebands < 0 or self.harmonics < 1 or self.least < 1:
            raise ValueError(
                "expected sidebands of 0 or more, harmonics and least of 1 or more, got "
                f"{self.sidebands}, {self.harmonics} and {self.least}"
            )


@dataclass(frozen=True)
class FaultLines:
    """What an envelope spectrum shows of one fault.

    Args:
        fault: which.
        expected: its order by the geometry.
        order: where its harmonics are found together, in orders.
        heights_db: of each harmonic over the floor.
        stands: which of them stand out.
        hidden: which of them lie on a harmonic of the shaft, and cannot be told from it.
        sidebands: orders of those beside the harmonics.
        sidebands_stand: which of them stand out.
    """

    fault: Fault
    expected: float
    order: float
    heights_db: tuple[float, ...]
    stands: tuple[bool, ...]
    hidden: tuple[bool, ...] = ()
    sidebands: tuple[float, ...] = ()
    sidebands_stand: tuple[bool, ...] = ()

    @property
    def count(self) -> int:
        """How many harmonics stand out."""
        return sum(self.stands)

    @property
    def modulated(self) -> bool:
        """Whether a third of the sidebands stand out, as of a defect that passes the load."""
        return 3 * sum(self.sidebands_stand) >= max(3, len(self.sidebands))

    @property
    def height_db(self) -> float:
        """Median height of the harmonics that stand out; 0 if none does."""
        standing = [h for h, stands in zip(self.heights_db, self.stands, strict=True) if stands]
        return statistics.median(standing) if standing else 0.0

    @property
    def score(self) -> float:
        """Mean height of all harmonics in dB, of which those in the noise count as 0."""
        pairs = zip(self.heights_db, self.stands, strict=True)
        heights = [min(height, STRONG_DB) if stands else 0.0 for height, stands in pairs]
        return sum(heights) / max(1, len(heights))


def fault_rates(geometry: BearingGeometry) -> tuple[Rate, ...]:
    """The four faults of a bearing, with their sidebands.

    A defect on the inner race comes round the load once a turn of the shaft, one on a ball once a
    turn of the cage; a ball strikes a race twice in each of its turns.

    Args:
        geometry: of the bearing.

    Reference: Randall and Antoni, Rolling element bearing diagnostics - a tutorial, MSSP 2011.
    """
    rates = geometry.orders()
    return (
        Rate("outer race", rates.bpfo, 0.0),
        Rate("inner race", rates.bpfi, 1.0),
        Rate("ball", 2 * rates.bsf, rates.ftf),
        Rate("cage", rates.ftf, 0.0),
    )


def on_shaft(orders: Tensor, step: float) -> Tensor:
    """Which orders lie on those of the shaft: its own harmonics are no evidence of a bearing.

    Args:
        orders: of any shape.
        step: orders from bin to bin.
    """
    return (orders - orders.round()).abs() <= (LOBE + 0.5) * step


def look_for(
    height: Tensor, step: float, averages: float, rate: Rate, search: Search
) -> FaultLines:
    r"""Look for the harmonics of one fault in a spectrum.

    All harmonics must slip alike. Each slip :math:`s` gives their places :math:`h f (1 + s)`, and
    the one whose harmonics are highest together is taken. A harmonic stands out if it passes what
    noise passes *anywhere* within the slip with the chance of ``false_alarms``: however the slip
    was chosen, no more of them stand out by chance (1.3 % measured for 1 %, as the floor is an
    estimate). A rate too slow for the bins has no harmonics.

    Args:
        height: power over the floor, shape ``(bins,)``; the shaft's lines are left out.
        step: orders from bin to bin.
        averages: of the spectrum.
        rate: of the fault.
        search: how to look.
    """
    # a slow rate, as the cage's, moves by less than a bin within the slip
    slip = max(search.slip, 1.5 * step / rate.order)
    last = (len(height) - 1 - LOBE) * step / (1 + slip)
    count = min(search.harmonics, int(last / rate.order)) if slip <= COARSE else 0
    numbers = torch.arange(1, count + 1, dtype=torch.float64)
    widened = _widened(height, step)
    slips = torch.linspace(-slip, slip, STEPS, dtype=torch.float64)
    places = rate.order * (1 + slips[:, None]) * numbers  # (slips, harmonics)
    found = widened[(places / step).round().long()]
    reach = (2 * slip * rate.order * numbers / step).ceil().int() + 2 * LOBE + 1
    levels = [chance_level(bins, averages, search.false_alarms) for bins in reach.tolist()]
    stands = found >= torch.tensor(levels, dtype=torch.float64)
    decibels = 10 * torch.log10(found.clamp(min=1e-3))
    best = int((decibels.clamp(max=STRONG_DB) * stands).sum(-1).argmax()) if len(numbers) else 0
    order = float(rate.order * (1 + slips[best])) if stands[best].any() else rate.order
    return FaultLines(
        rate.fault,
        rate.order,
        order,
        tuple(decibels[best].tolist()),
        tuple(stands[best].tolist()),
        tuple((on_shaft(places[best], step) & ~stands[best]).tolist()),
        *_sidebands(places[best], rate, search, widened, step, averages),
    )


def _widened(height: Tensor, step: float) -> Tensor:
    """The greatest bin within a line's width of each, the shaft's lines left out."""
    orders = torch.arange(len(height), dtype=torch.float64, device=height.device) * step
    bearing = torch.where(on_shaft(orders, step), 0.0, height.double())
    return F.max_pool1d(bearing[None, None], 2 * LOBE + 1, 1, LOBE)[0, 0].cpu()


def _sidebands(
    places: Tensor, rate: Rate, search: Search, widened: Tensor, step: float, averages: float
) -> tuple[tuple[float, ...], tuple[bool, ...]]:
    """Orders beside the harmonics, and which of them stand out; none for a defect that stands."""
    if not rate.spacing:
        return (), ()
    offsets = [n * rate.spacing for n in range(-search.sidebands, search.sidebands + 1) if n]
    orders = [
        place + offset
        for place in places.tolist()
        for offset in offsets
        if 0 < place + offset < (len(widened) - 1) * step
    ]
    level = chance_level(2 * LOBE + 1, averages, search.false_alarms)
    return tuple(orders), tuple(bool(widened[round(order / step)] >= level) for order in orders)


def named_fault(lines: tuple[FaultLines, ...], search: Search) -> FaultLines | None:
    """The fault that the lines show best, None if too few harmonics of any stand out."""

    def enough(one: FaultLines) -> bool:
        needed = search.least - one.modulated
        return one.count >= max(2, min(needed, len(one.stands)))

    return max(filter(enough, lines), key=lambda one: one.score, default=None)


def highest_order(geometry: BearingGeometry, search: Search) -> float:
    """The highest order that the search looks at, with slip, sidebands and a margin."""
    rates = geometry.orders()
    fastest = max(rates.bpfi, 2 * rates.bsf) * (1 + search.slip)
    return math.ceil(search.harmonics * fastest + search.sidebands + 1)
