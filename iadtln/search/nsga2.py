"""Non-dominated sorting genetic algorithm II, for two objectives."""

import torch
from torch import Tensor

from iadtln.search.base import Best, Moves, Optimiser
from iadtln.search.dominance import crowding_distance, front_ranks
from iadtln.search.draws import Draws, Seed
from iadtln.search.hyperarea import Choice, choose, hyperarea, scaled_values
from iadtln.search.population import take
from iadtln.search.space import Space
from iadtln.search.variation import Variation


class NSGA2(Optimiser):
    """NSGA-II: the best compromises between two objectives, spread along their front.

    Parents and children are sorted by front, then by the room they have on it; the first half
    survives, and of two at random the one further ahead becomes a parent. A candidate that came
    before, after rounding, goes to the very end. What of the front is taken is ``choice``.
    (The tournament is the paper's; pymoo compares by dominance instead of front, which keeps more
    variety in early generations.)

    The score is the area that the front covers, as seen from the first population: scaled by its
    best and worst values, so that generations can be compared. With ``patience`` it makes the
    adaptive stop of :func:`minimise`.

    Args:
        population: parents, and children of a generation.
        crossover: chance that two parents are crossed.
        crossover_index: the larger, the nearer children stay to their parents.
        mutation: chance that a variable mutates; if not given, one variable in each child.
        mutation_index: the larger, the smaller mutations are.
        choice: which point of the front is the result, see :func:`choose`.

    Reference: Deb et al., A fast and elitist multiobjective genetic algorithm: NSGA-II, IEEE Trans.
    Evol. Comput. 2002.
    """

    num_objectives = 2

    def __init__(
        self,
        population: int = 50,
        crossover: float = 0.9,
        crossover_index: float = 20.0,
        mutation: float | None = None,
        mutation_index: float = 20.0,
        choice: Choice = "hyperarea",
    ) -> None:
        super().__init__(population)
        self.variation = Variation(crossover, crossover_index, mutation, mutation_index)
        self.choice = choice

    def search(self, space: Space, draws: Draws, generations: int) -> Moves:
        """Yield the children, once a generation."""
        parents = space.sample(draws, self.population)
        values = yield parents
        parents, values = self._survivors(space, parents, values)
        for _ in range(generations):
            children = self.variation.children(parents, space, draws)
            child_values = yield children
            parents, values = self._survivors(
                space, torch.cat([parents, children], 1), torch.cat([values, child_values], 1)
            )

    def _survivors(self, space: Space, positions: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Keep the best, in order, and remember them as what was found so far."""
        candidates = space.decode(positions)
        values = values.masked_fill(_seen_before(candidates)[..., None], torch.inf)
        ranks = front_ranks(values)
        # two stable sorts: by room first, then by front
        order = crowding_distance(values, ranks).argsort(dim=-1, descending=True, stable=True)
        order = take(order, take(ranks, order).argsort(dim=-1, stable=True))[:, : self.population]
        self._candidates, self._values = take(candidates, order), take(values, order)
        self._on_front = (take(ranks, order) == 0) & self._values.isfinite().all(-1)
        return take(positions, order), self._values

    def start(self, space: Space, problems: int, generations: int, seed: Seed = 0) -> None:
        """Forget everything and make the first population; as in :class:`Optimiser`."""
        super().start(space, problems, generations, seed)
        self._ideal = space.lower.new_full((problems, 2), torch.inf)
        self._nadir = self._ideal.clone()

    def record(self, candidates: Tensor, values: Tensor) -> None:
        """Fix the scale of the score by the first population that has finite values."""
        finite = values.isfinite().all(-1, keepdim=True)
        ideal = torch.where(finite, values, torch.inf).amin(1)
        nadir = torch.where(finite, values, -torch.inf).amax(1)
        known = self._ideal.isfinite()
        self._ideal = torch.where(known, self._ideal, ideal)
        self._nadir = torch.where(known, self._nadir, nadir)

    def best(self) -> Best:
        """Return the front, and the point chosen on it."""
        index = choose(self._values, self._on_front, self.choice)[:, None]
        return Best(
            take(self._candidates, index)[:, 0],
            take(self._values, index)[:, 0],
            self._candidates,
            torch.where(self._on_front[..., None], self._values, torch.inf),
        )

    def score(self) -> Tensor:
        """Return minus the area of the front; 0 as long as all candidates have failed."""
        scaled = scaled_values(self._values, self._ideal, self._nadir)
        return -hyperarea(torch.where(self._on_front[..., None], scaled, torch.inf))


def _seen_before(candidates: Tensor) -> Tensor:
    """Whether an earlier member is the same, ``(problems, population)``."""
    problems, population = candidates.shape[:2]
    earlier = torch.ones(population, population, dtype=torch.bool, device=candidates.device)
    same = earlier.tril(diagonal=-1).repeat(problems, 1, 1)
    for variable in candidates.unbind(-1):
        same &= variable[:, :, None] == variable[:, None]
    return same.any(-1)
