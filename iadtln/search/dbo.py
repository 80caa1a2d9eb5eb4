"""Dung beetle optimiser."""

import math
from itertools import pairwise

import torch
from torch import Tensor

from iadtln.search.base import Moves, Optimiser
from iadtln.search.draws import Draws
from iadtln.search.population import fittest, keep_better
from iadtln.search.space import Space


class DBO(Optimiser):
    r"""Dung beetle optimiser: beetles that roll, breed, forage and steal, each kind in its own way.

    With :math:`p` the best place of a beetle, :math:`p'` the same a generation ago, :math:`X^w`,
    :math:`X^b` the worst and the best of the last generation, :math:`X^g` the best ever and
    :math:`L, U = X (1 \mp (1 - t / T))` the corners of a shrinking region about one of them:

    .. math::
        \text{rollers} &: p + 0.3 |p - X^w| + 0.1 a p', \text{ or, one generation in ten, }
        p + \tan(\theta) |p - p'| \\
        \text{breeders} &: X^b + b_1 (p - L^b) + b_2 (p - U^b), \text{ kept in the region} \\
        \text{foragers} &: p + c_1 (p - L^g) + c_2 (p - U^g) \\
        \text{thieves} &: X^g + 0.5\, g\, (|p - X^b| + |p - X^g|)

    The regions are given by multiples of a place, so they vanish where it is 0: the search is
    fast where the optimum lies at 0 and slower elsewhere. It is here to be compared with.

    Args:
        population: beetles; of 30, 6 roll, 6 breed, 7 forage and 11 steal, and of other numbers
            the same shares.

    Reference: Xue and Shen, Dung beetle optimizer, J. Supercomput. 2023, eq. 1 to 7.
    """

    smallest_population = 5

    def search(self, space: Space, draws: Draws, generations: int) -> Moves:
        """Yield the beetles, once a generation."""
        place = space.sample(draws, self.population)
        values = yield place
        previous = last = place
        last_values = values
        sizes = self._group_sizes()
        for generation in range(1, generations + 1):
            by_value, _ = fittest(last, last_values, self.population)
            best, worst = by_value[:, :1], by_value[:, -1:]
            best_ever, _ = fittest(place, values, 1)
            width = 1 - generation / generations
            rollers, breeders, foragers, thieves = torch.split(place, sizes, 1)
            moved = [
                _roll(rollers, previous[:, : sizes[0]], worst, draws),
                _breed(breeders, best, space.clip(_region(best, width)), draws),
                _forage(foragers, space.clip(_region(best_ever, width)), draws),
                _steal(thieves, best, best_ever, draws),
            ]
            last = space.clip(torch.cat(moved, 1))
            last_values = yield last
            previous = place
            place, values = keep_better(place, values, last, last_values)

    def _group_sizes(self) -> list[int]:
        edges = [round(self.population * share / 30) for share in (0, 6, 12, 19, 30)]
        return [after - before for before, after in pairwise(edges)]


def _region(centre: Tensor, width: float) -> Tensor:
    """Lower and upper corner, ``(problems, 2, variables)``."""
    corners = torch.cat([centre * (1 - width), centre * (1 + width)], 1)
    return corners.sort(1).values  # a negative centre swaps them


def _roll(place: Tensor, previous: Tensor, worst: Tensor, draws: Draws) -> Tensor:
    count = place.shape[1]
    obstacle = draws.uniform(1, 1) >= 0.9
    way = torch.where(draws.uniform(count, 1) < 0.9, 1.0, -1.0)
    rolled = place + 0.3 * (place - worst).abs() + 0.1 * way * previous
    degrees = draws.integers(181, count, 1)
    slope = torch.tan(degrees.to(place.dtype) * (math.pi / 180))
    slope = torch.where(degrees % 90 == 0, 0.0, slope)  # at a right angle a beetle stays
    return torch.where(obstacle, place + slope * (place - previous).abs(), rolled)


def _breed(place: Tensor, best: Tensor, region: Tensor, draws: Draws) -> Tensor:
    low, high = region[:, :1], region[:, 1:]
    b1, b2 = draws.uniform(2, *place.shape[1:]).unbind(1)
    return (best + b1 * (place - low) + b2 * (place - high)).clamp(low, high)


def _forage(place: Tensor, region: Tensor, draws: Draws) -> Tensor:
    low, high = region[:, :1], region[:, 1:]
    c1 = draws.normal(place.shape[1], 1)
    c2 = draws.uniform(*place.shape[1:])
    return place + c1 * (place - low) + c2 * (place - high)


def _steal(place: Tensor, best: Tensor, best_ever: Tensor, draws: Draws) -> Tensor:
    spread = (place - best).abs() + (place - best_ever).abs()
    return best_ever + 0.5 * draws.normal(*place.shape[1:]) * spread
