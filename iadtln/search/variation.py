"""Children of a population: tournament, simulated binary crossover, polynomial mutation."""

from dataclasses import dataclass

import torch
from torch import Tensor

from iadtln.search.draws import Draws
from iadtln.search.population import take
from iadtln.search.space import Space


@dataclass(frozen=True)
class Variation:
    """How children differ from their parents.

    Args:
        crossover: chance that two parents are crossed.
        crossover_index: the larger, the nearer children stay to their parents.
        mutation: chance that a variable mutates; None stands for one variable in each child.
        mutation_index: the larger, the smaller mutations are.

    Raises:
        ValueError: If a chance is not between 0 and 1.
    """

    crossover: float = 0.9
    crossover_index: float = 20.0
    mutation: float | None = None
    mutation_index: float = 20.0

    def __post_init__(self) -> None:
        if not (0 <= self.crossover <= 1 and 0 <= (self.mutation or 0) <= 1):
            raise ValueError(
                "expected chances of crossover and mutation from 0 to 1, "
                f"got {self.crossover} and {self.mutation}"
            )

    def children(self, parents: Tensor, space: Space, draws: Draws) -> Tensor:
        """Return as many children as there are parents.

        Args:
            parents: the best first, shape ``(problems, population, variables)``.
            space: bounds that children keep.
            draws: random numbers.
        """
        population = parents.shape[1]
        pairs = (population + 1) // 2
        # of two at random the one further ahead is the better
        winners = take(parents, draws.integers(population, 2 * pairs, 2).amin(-1))
        born = crossed(winners[:, :pairs], winners[:, pairs:], space, draws, self)
        return mutated(born[:, :population], space, draws, self)


def crossed(
    first: Tensor, second: Tensor, space: Space, draws: Draws, variation: Variation
) -> Tensor:
    r"""Simulated binary crossover inside bounds.

    Children lie about the parents' mean, at :math:`\beta` times the parents' distance, where
    :math:`\beta` has density :math:`\propto \beta^\eta` up to 1 and
    :math:`\propto \beta^{-(\eta + 2)}` beyond, cut off at the nearer bound.
    Half of the variables of a crossed pair are crossed.

    Args:
        first: shape ``(problems, pairs, variables)``.
        second: likewise.
        space: bounds.
        draws: random numbers.
        variation: chance and index :math:`\eta`.

    Returns:
        Shape ``(problems, 2 * pairs, variables)``.

    Reference: Deb and Agrawal, Simulated binary crossover, Complex Syst. 1995; bounds as in Deb's
    NSGA-II code.
    """
    pairs, variables = first.shape[1:]
    pair_crossed = draws.uniform(pairs, 1) < variation.crossover
    chosen = pair_crossed & (draws.uniform(pairs, variables) < 0.5)
    u = draws.uniform(pairs, variables)
    swapped = draws.uniform(pairs, variables) < 0.5
    low, high = torch.minimum(first, second), torch.maximum(first, second)
    gap = high - low
    safe = torch.where(gap > 0, gap, 1.0)  # equal parents have equal children
    power = variation.crossover_index + 1
    below = _spread(u, 1 + 2 * (low - space.lower) / safe, power)
    above = _spread(u, 1 + 2 * (space.upper - high) / safe, power)
    left = space.clip((low + high - below * gap) / 2)
    right = space.clip((low + high + above * gap) / 2)
    left, right = torch.where(swapped, right, left), torch.where(swapped, left, right)
    return torch.cat([torch.where(chosen, left, first), torch.where(chosen, right, second)], 1)


def _spread(u: Tensor, farthest: Tensor, power: float) -> Tensor:
    """Return the spread with distribution value ``u``, at most ``farthest``."""
    scaled = u * (2 - farthest**-power)
    # the larger branch is infinite where it is not taken
    return torch.where(scaled <= 1, scaled, 1 / (2 - scaled).clamp(min=1e-30)) ** (1 / power)


def mutated(positions: Tensor, space: Space, draws: Draws, variation: Variation) -> Tensor:
    """Polynomial mutation inside bounds.

    Args:
        positions: shape ``(problems, population, variables)``.
        space: bounds.
        draws: random numbers.
        variation: chance and index.

    Returns:
        The same shape.

    Reference: Deb and Goyal, 1996; bounds as in Deb's NSGA-II code.
    """
    shape = positions.shape[1:]
    chance = 1 / space.variables if variation.mutation is None else variation.mutation
    chosen = draws.uniform(*shape) < chance
    u = draws.uniform(*shape)
    span = space.upper - space.lower
    unit = (positions - space.lower) / torch.where(span > 0, span, 1.0)
    power = variation.mutation_index + 1
    down = (2 * u + (1 - 2 * u) * (1 - unit) ** power).clamp(min=0) ** (1 / power) - 1
    up = 1 - (2 * (1 - u) + (2 * u - 1) * unit**power).clamp(min=0) ** (1 / power)
    moved = space.clip(positions + torch.where(u < 0.5, down, up) * span)
    return torch.where(chosen, moved, positions)
