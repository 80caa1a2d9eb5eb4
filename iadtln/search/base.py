"""The contract of every optimiser: ask for candidates, tell what they are worth.

Many problems are searched in lock step: positions have the shape
``(problems, population, variables)``, so that an objective sees the whole population of all
problems in one call.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator
from typing import NamedTuple

import torch
from torch import Tensor

from iadtln.search.draws import Draws, Seed
from iadtln.search.population import fittest
from iadtln.search.space import Space

Moves = Generator[Tensor, Tensor, None]


class Best(NamedTuple):
    """What a search has found so far; all of it as the objective saw it.

    Args:
        candidate: the best, or the one chosen on the front, ``(problems, variables)``.
        value: its value, ``(problems,)``, or ``(problems, objectives)``.
        front: candidates that no other beats, ``(problems, points, variables)``; for one objective
            the best alone.
        front_value: their values, ``(problems, points[, objectives])``; infinite for a point that
            only fills the shape up.
    """

    candidate: Tensor
    value: Tensor
    front: Tensor
    front_value: Tensor


class Optimiser(ABC):
    """Minimises over a population; a subclass writes its paper's loop in :meth:`search`.

    ``start`` once, then ``tell(values of ask())`` until ``done``; :func:`minimise` does that.

    Args:
        population: candidates of one generation.

    Attributes:
        num_objectives: values of a candidate.
        asks_per_generation: calls of the objective in one generation.
        smallest_population: fewer candidates cannot be moved.

    Raises:
        ValueError: If the population is too small.
    """

    num_objectives = 1
    asks_per_generation = 1
    smallest_population = 2

    def __init__(self, population: int = 30) -> None:
        if population < self.smallest_population:
            raise ValueError(
                f"expected a population of at least {self.smallest_population} for "
                f"{type(self).__name__}, got {population}"
            )
        self.population = population

    def __repr__(self) -> str:
        """Settings, without what a search has left: fit for the key of a cache."""
        own = [f"{k}={v!r}" for k, v in vars(self).items() if not k.startswith("_")]
        return f"{type(self).__name__}({', '.join(own)})"

    @abstractmethod
    def search(self, space: Space, draws: Draws, generations: int) -> Moves:
        """Yield positions inside the bounds, and receive their values, until the search ends.

        All random numbers come from ``draws``, and how many are drawn does not depend on values:
        else one problem would change another's luck.

        Args:
            space: bounds of the variables.
            draws: random numbers, one stream for each problem.
            generations: moves of the population after the first, random one.

        Yields:
            Shape ``(problems, members, variables)``; what comes back is ``(problems, members)``
            or ``(problems, members, objectives)``, infinite for a candidate that failed.
        """

    def start(self, space: Space, problems: int, generations: int, seed: Seed = 0) -> None:
        """Forget everything and make the first population.

        Args:
            space: bounds of the variables.
            problems: problems in lock step.
            generations: moves of the population after the first, random one.
            seed: see :class:`Draws`.

        Raises:
            ValueError: If the bounds are those of another number of problems.
        """
        if space.problems not in (1, problems):
            raise ValueError(f"expected bounds of {problems} problems, got {space.problems}")
        lower = space.lower
        self._space = space
        self._moves = self.search(
            space, Draws(problems, seed, lower.device, lower.dtype), generations
        )
        self._candidate: Tensor = lower.new_empty(problems, 0, space.variables)  # none yet
        self._value: Tensor = lower.new_empty(problems, 0)
        self._asked: Tensor | None = space.decode(next(self._moves))

    @property
    def done(self) -> bool:
        """Whether there is nothing left to ask."""
        return self._asked is None

    def ask(self) -> Tensor:
        """Return the candidates whose values are wanted, ``(problems, members, variables)``."""
        if self._asked is None:
            raise RuntimeError("this search is over; call start() for another")
        return self._asked

    def tell(self, values: Tensor) -> None:
        """Go on with the values of the candidates that were asked for.

        Args:
            values: shape ``(problems, members)`` or ``(problems, members, objectives)``; NaN and
                infinity stand for a candidate that failed.
        """
        candidates = self.ask()
        values = values.to(candidates).nan_to_num(nan=torch.inf, posinf=torch.inf)
        self.record(candidates, values)
        try:
            self._asked = self._space.decode(self._moves.send(values))
        except StopIteration:
            self._asked = None

    def record(self, candidates: Tensor, values: Tensor) -> None:
        """Remember the best candidate ever; shapes as in :meth:`tell`."""
        self._candidate, self._value = fittest(
            torch.cat([self._candidate, candidates], 1), torch.cat([self._value, values], 1), 1
        )

    def best(self) -> Best:
        """Return what was found so far."""
        return Best(self._candidate[:, 0], self._value[:, 0], self._candidate, self._value)

    def score(self) -> Tensor:
        """Return a figure for each problem that falls as its search gets better."""
        return self._value[:, 0]
