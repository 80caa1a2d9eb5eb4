"""Grey wolf optimiser."""

import torch

from iadtln.search.base import Moves, Optimiser
from iadtln.search.draws import Draws
from iadtln.search.population import fittest
from iadtln.search.space import Space


class GWO(Optimiser):
    r"""Grey wolf optimiser: the three best wolves ever lead the pack.

    With :math:`a = 2 (1 - t / T)`, :math:`A = 2 a r_1 - a` and :math:`C = 2 r_2` drawn for each
    leader, wolf and variable,

    .. math:: X \leftarrow \tfrac{1}{3} \sum_{q = \alpha, \beta, \delta} X_q - A_q |C_q X_q - X|.

    A wolf moves whether or not that is better. Steps grow with the leaders' distance from 0, so the
    search is finest where the optimum lies there.

    Args:
        population: wolves; 20 here for want of a published number (ED-GAFMD).

    Reference: Mirjalili, Mirjalili and Lewis, Grey wolf optimizer, Adv. Eng. Softw. 2014, eq. 3.3
    to 3.7.
    """

    smallest_population = 3

    def __init__(self, population: int = 20) -> None:
        super().__init__(population)

    def search(self, space: Space, draws: Draws, generations: int) -> Moves:
        """Yield the pack, once a generation."""
        wolves = space.sample(draws, self.population)
        leaders, leader_values = fittest(wolves, (yield wolves), 3)
        for generation in range(generations):
            reach = 2 * (1 - generation / generations)
            r1 = draws.uniform(3, self.population, space.variables)
            r2 = draws.uniform(3, self.population, space.variables)
            lead = leaders[:, :, None]  # (problems, leaders, 1, variables)
            step = (2 * reach * r1 - reach) * (2 * r2 * lead - wolves[:, None]).abs()
            wolves = space.clip((lead - step).mean(1))
            values = yield wolves
            leaders, leader_values = fittest(
                torch.cat([leaders, wolves], 1), torch.cat([leader_values, values], 1), 3
            )
