"""Genetic algorithm with real numbers."""

import torch

from iadtln.search.base import Moves, Optimiser
from iadtln.search.draws import Draws
from iadtln.search.population import fittest
from iadtln.search.space import Space
from iadtln.search.variation import Variation


class GA(Optimiser):
    """Genetic algorithm: tournaments of two, simulated binary crossover, polynomial mutation.

    Parents and children compete for the places of the next generation, so the best is never lost.

    Args:
        population: parents, and children of a generation.
        crossover: chance that two parents are crossed.
        crossover_index: the larger, the nearer children stay to their parents.
        mutation: chance that a variable mutates.
        mutation_index: the larger, the smaller mutations are.

    Reference: Deb and Agrawal, Simulated binary crossover, Complex Syst. 1995.
    """

    def __init__(
        self,
        population: int = 30,
        crossover: float = 0.8,
        crossover_index: float = 15.0,
        mutation: float = 0.1,
        mutation_index: float = 20.0,
    ) -> None:
        super().__init__(population)
        self.variation = Variation(crossover, crossover_index, mutation, mutation_index)

    def search(self, space: Space, draws: Draws, generations: int) -> Moves:
        """Yield the children, once a generation."""
        parents = space.sample(draws, self.population)
        parents, values = fittest(parents, (yield parents), self.population)
        for _ in range(generations):
            children = self.variation.children(parents, space, draws)
            child_values = yield children
            parents, values = fittest(
                torch.cat([parents, children], 1),
                torch.cat([values, child_values], 1),
                self.population,
            )
