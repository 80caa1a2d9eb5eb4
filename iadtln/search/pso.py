"""Particle swarm optimisation."""

import torch

from iadtln.search.base import Moves, Optimiser
from iadtln.search.draws import Draws
from iadtln.search.population import fittest, keep_better
from iadtln.search.space import Space


class PSO(Optimiser):
    r"""Particle swarm: each particle is pulled to its own best place and to the swarm's.

    .. math::
        v \leftarrow w v + c_1 r_1 (p - x) + c_2 r_2 (g - x), \qquad x \leftarrow x + v,

    with :math:`r_1, r_2` drawn for each particle and variable. Particles start at rest.

    Args:
        population: particles.
        first_inertia: :math:`w` at the start.
        last_inertia: :math:`w` at the end; it falls linearly.
        own_pull: :math:`c_1`.
        swarm_pull: :math:`c_2`.
        longest_step: largest speed, as a share of each variable's range.

    Reference: Shi and Eberhart, A modified particle swarm optimizer, 1998.
    """

    def __init__(
        self,
        population: int = 30,
        first_inertia: float = 0.9,
        last_inertia: float = 0.4,
        own_pull: float = 2.0,
        swarm_pull: float = 2.0,
        longest_step: float = 0.2,
    ) -> None:
        super().__init__(population)
        self.first_inertia = first_inertia
        self.last_inertia = last_inertia
        self.own_pull = own_pull
        self.swarm_pull = swarm_pull
        self.longest_step = longest_step

    def search(self, space: Space, draws: Draws, generations: int) -> Moves:
        """Yield the swarm, once a generation."""
        position = space.sample(draws, self.population)
        velocity = torch.zeros_like(position)
        own, own_values = position, (yield position)
        longest = self.longest_step * (space.upper - space.lower)
        for generation in range(generations):
            share = generation / max(generations - 1, 1)
            inertia = self.first_inertia + share * (self.last_inertia - self.first_inertia)
            swarm, _ = fittest(own, own_values, 1)
            r1 = draws.uniform(self.population, space.variables)
            r2 = draws.uniform(self.population, space.variables)
            to_own = self.own_pull * r1 * (own - position)
            to_swarm = self.swarm_pull * r2 * (swarm - position)
            velocity = (inertia * velocity + to_own + to_swarm).clamp(-longest, longest)
            position = space.clip(position + velocity)
            own, own_values = keep_better(own, own_values, position, (yield position))
