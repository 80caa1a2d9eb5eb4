"""Triangulation topology aggregation optimiser."""

import math
from typing import Literal

import torch
from torch import Tensor

from iadtln.search.base import Moves, Optimiser
from iadtln.search.draws import Draws
from iadtln.search.population import fittest, keep_better, take
from iadtln.search.space import Space

HALF_SIDE = 100.0  # the search runs in [-100, 100], the box that the triangles' side 9 is meant for


class TTAO(Optimiser):
    r"""Triangulation topology aggregation: shrinking triangles that mix with one another.

    Each unit opens a triangle at its corner :math:`X_1`, with side :math:`l = 9 e^{-t / T}` and
    random directions :math:`\theta`,

    .. math:: X_2 = X_1 + l \cos \theta, \quad X_3 = X_1 + l \cos(\theta + \pi / 3),

    and takes a random point :math:`X_4` within it. The best of the four, :math:`b`, is mixed with
    that of another unit, :math:`r b_i + (1 - r) b_j`, and then pushed away from the second,
    :math:`b + \alpha (b - s)` with :math:`\alpha` from 3 to 1; each is kept if it is better. The
    best corner opens the next triangle.

    The side is absolute, so variables are mapped to [-100, 100] first; otherwise it is nothing in a
    wide variable and everything in a narrow one.

    Args:
        population: points; a third of them, rounded down, open triangles.
        pairing: what is the best and the second of a unit: of its own four points (as the paper
            words it), or unit i has the i-th and the next of all points (as in published code).

    Reference: Zhao et al., Triangulation topology aggregation optimizer, Expert Syst. Appl. 2024,
    after a summary and two ports.
    """

    asks_per_generation = 3
    smallest_population = 6

    def __init__(self, population: int = 30, pairing: Literal["unit", "global"] = "unit") -> None:
        super().__init__(population)
        self.pairing = pairing

    def search(self, space: Space, draws: Draws, generations: int) -> Moves:
        """Yield the other corners, the mixtures and the pushed points of each generation."""
        units = self.population // 3
        corner = HALF_SIDE * (2 * draws.uniform(units, space.variables) - 1)
        values = yield _place(space, corner)
        for generation in range(1, generations + 1):
            # the triangles: X2, X3, X4 beside the known X1
            points = _open(corner, 9 * math.exp(-generation / generations), draws)
            values = torch.cat([values, (yield _place(space, points))], 1)
            points = torch.cat([corner, points], 1)
            best, best_values, second, second_values = self._two_best(points, values)
            # mixtures with another unit
            mixed = _mix(best, draws)
            mixed_values = yield _place(space, mixed)
            beaten = mixed_values < best_values
            rest_values = torch.where(beaten, torch.inf, mixed_values)  # takes one place, not two
            second, second_values = keep_better(second, second_values, mixed, rest_values)
            best, best_values = keep_better(best, best_values, mixed, mixed_values)
            # pushed away from the second; the places that a division by three leaves over: random
            pushed = (best + _push(generation, generations) * (best - second)).clamp(
                -HALF_SIDE, HALF_SIDE
            )
            spare = HALF_SIDE * (2 * draws.uniform(self.population % 3, space.variables) - 1)
            new_values = yield _place(space, torch.cat([pushed, spare], 1))
            best, best_values = keep_better(best, best_values, pushed, new_values[:, :units])
            corner, values = fittest(
                torch.cat([best, spare], 1),
                torch.cat([best_values, new_values[:, units:]], 1),
                units,
            )

    def _two_best(self, points: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return best and second points and their values, ``(problems, units, ...)``."""
        units = points.shape[1] // 4
        order = values.argsort(dim=-1, stable=True)
        first, second = order[:, :units], order[:, 1 : units + 1]
        if self.pairing == "unit":
            # corner k of unit i is point k * units + i
            of_unit = values.reshape(-1, 4, units).argsort(dim=1, stable=True)[:, :2]
            index = of_unit * units + torch.arange(units, device=points.device)
            first, second = index.unbind(1)
        return take(points, first), take(values, first), take(points, second), take(values, second)


def _place(space: Space, points: Tensor) -> Tensor:
    return space.place((points / HALF_SIDE + 1) / 2)


def _open(corner: Tensor, side: float, draws: Draws) -> Tensor:
    """Other corners and a point within, inside the box, ``(problems, 3 * units, variables)``."""
    units, variables = corner.shape[1:]
    theta = math.pi * draws.uniform(units, variables)
    second = (corner + side * torch.cos(theta)).clamp(-HALF_SIDE, HALF_SIDE)
    third = (corner + side * torch.cos(theta + math.pi / 3)).clamp(-HALF_SIDE, HALF_SIDE)
    r1, r2 = draws.uniform(2, units, 1).unbind(1)
    outside = r1 + r2 > 1  # in the other half of the parallelogram: reflect it
    r1, r2 = torch.where(outside, 1 - r1, r1), torch.where(outside, 1 - r2, r2)
    within = r1 * corner + r2 * second + (1 - r1 - r2) * third
    return torch.cat([second, third, within], 1)


def _mix(best: Tensor, draws: Draws) -> Tensor:
    units, variables = best.shape[1:]
    shift = 1 + draws.integers(units - 1, units)  # never oneself
    other = (torch.arange(units, device=best.device) + shift) % units
    share = draws.uniform(units, variables)
    return share * best + (1 - share) * take(best, other)


def _push(generation: int, generations: int) -> float:
    """Length of the push, 3 in the first generation and 1 in the last."""
    slope = (math.e - math.e**3) / max(generations - 1, 1)
    return math.log(slope * generation + math.e**3 - slope)
