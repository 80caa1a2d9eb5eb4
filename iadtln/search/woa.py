"""Whale optimisation algorithm."""

import math

import torch

from iadtln.search.base import Moves, Optimiser
from iadtln.search.draws import Draws
from iadtln.search.population import fittest, take
from iadtln.search.space import Space


class WOA(Optimiser):
    r"""Whale optimisation: circle in on the best whale, or follow a random one.

    With :math:`a = 2 (1 - t / T)`, :math:`A = 2 a r_1 - a`, :math:`C = 2 r_2` and
    :math:`l` uniform in :math:`(-1 - t / T, 1]`, all drawn once for each whale, half of the moves
    are

    .. math:: X \leftarrow X_g - A |C X_g - X|,

    where :math:`X_g` is the best ever if :math:`|A| < 1` and a random whale otherwise, and half are
    the spiral :math:`X \leftarrow |X^* - X| e^{b l} \cos(2 \pi l) + X^*`. A whale moves whether or
    not that is better. As with the wolves, the search is finest where the optimum lies at 0.

    Args:
        population: whales.
        spiral: :math:`b`, the shape of the spiral.

    Reference: Mirjalili and Lewis, The whale optimization algorithm, Adv. Eng. Softw. 2016, eq. 2.1
    to 2.8.
    """

    def __init__(self, population: int = 30, spiral: float = 1.0) -> None:
        super().__init__(population)
        self.spiral = spiral

    def search(self, space: Space, draws: Draws, generations: int) -> Moves:
        """Yield the school, once a generation."""
        whales = space.sample(draws, self.population)
        leader, leader_value = fittest(whales, (yield whales), 1)
        for generation in range(generations):
            time = generation / generations
            r1, r2, way, turn = draws.uniform(4, self.population, 1).unbind(1)
            other = take(whales, draws.integers(self.population, self.population))
            reach = 2 * (1 - time) * (2 * r1 - 1)
            guide = torch.where(reach.abs() < 1, leader, other)
            hunt = guide - reach * (2 * r2 * guide - whales).abs()
            angle = 1 - (2 + time) * turn
            coil = torch.exp(self.spiral * angle) * torch.cos(2 * math.pi * angle)
            circle = (leader - whales).abs() * coil + leader
            whales = space.clip(torch.where(way < 0.5, hunt, circle))
            values = yield whales
            leader, leader_value = fittest(
                torch.cat([leader, whales], 1), torch.cat([leader_value, values], 1), 1
            )
