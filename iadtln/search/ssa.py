"""Sparrow search algorithm."""

import torch
from torch import Tensor

from iadtln.search.base import Moves, Optimiser
from iadtln.search.draws import Draws
from iadtln.search.population import fittest, keep_better
from iadtln.search.space import Space


class SSA(Optimiser):
    r"""Sparrow search: the best sparrows look for food, the others follow, a few look out.

    Sorted by the best each has found, :math:`i = 1 \dots P`, with :math:`Q` normal,
    :math:`\alpha, R_2` uniform and :math:`a_j = \pm 1`:

    .. math::
        \text{producers} &: x_i e^{-i / (\alpha T)} \text{ if } R_2 < S, \text{ else } x_i + Q \\
        \text{followers} &: x_1 + \tfrac{1}{D} \sum_j a_j |x_{ij} - x_{1j}|, \text{ or for }
        i > P / 2: Q e^{(x_P - x_i) / i^2} \\
        \text{scouts} &: x_1 + \beta |x_i - x_1|, \text{ or for } f_i = f_1:
        x_i + k \frac{|x_i - x_P|}{f_i - f_P}

    A scout, drawn at random, makes that move instead of its own. As in the paper's Algorithm 1 all
    are evaluated at once at the end; :math:`x_1` is therefore the best place before the move.

    Producers shrink towards 0 and hungry followers jump to its neighbourhood; the others step
    equally in all variables. So the search is fast where the optimum lies at 0 or has equal
    variables, as in most test functions, and slower elsewhere. It is here to be compared with.

    Args:
        population: sparrows.
        producers: share that looks for food.
        scouts: share that looks out; 0.1 to 0.2 in the paper.
        safety: :math:`S`, alarm value from which producers fly away.

    Reference: Xue and Shen, A novel swarm intelligence optimization approach: sparrow search
    algorithm, Syst. Sci. Control Eng. 2020, eq. 3 to 5.
    """

    def __init__(
        self,
        population: int = 30,
        producers: float = 0.2,
        scouts: float = 0.1,
        safety: float = 0.8,
    ) -> None:
        super().__init__(population)
        self.producers = producers
        self.scouts = scouts
        self.safety = safety

    def search(self, space: Space, draws: Draws, generations: int) -> Moves:
        """Yield the sparrows, once a generation."""
        place = space.sample(draws, self.population)
        values = yield place
        rank = torch.arange(1, self.population + 1, device=place.device)[:, None]
        producing = rank <= max(1, round(self.producers * self.population))
        scouts = round(self.scouts * self.population)
        for _ in range(generations):
            place, values = fittest(place, values, self.population)
            producers = self._produce(place, rank, draws, generations)
            moved = torch.where(producing, producers, self._follow(place, rank, draws))
            on_watch = draws.uniform(self.population, 1).argsort(1) < scouts
            moved = torch.where(on_watch, _scout(place, values, draws), moved)
            moved = space.clip(moved)
            place, values = keep_better(place, values, moved, (yield moved))

    def _produce(self, place: Tensor, rank: Tensor, draws: Draws, generations: int) -> Tensor:
        alarm = draws.uniform(1, 1)
        alpha = 1 - draws.uniform(self.population, 1)  # never 0
        search = place * torch.exp(-rank / (alpha * generations))
        return torch.where(alarm < self.safety, search, place + draws.normal(self.population, 1))

    def _follow(self, place: Tensor, rank: Tensor, draws: Draws) -> Tensor:
        best, worst = place[:, :1], place[:, -1:]
        way = draws.signs(*place.shape[1:])
        near = best + (way * (place - best).abs()).mean(-1, keepdim=True)
        # e^80 is outside of any bounds already, and finite in float32
        growth = torch.exp(((worst - place) / rank**2).clamp(max=80))
        return torch.where(
            rank > self.population / 2, draws.normal(self.population, 1) * growth, near
        )


def _scout(place: Tensor, values: Tensor, draws: Draws) -> Tensor:
    best, worst = place[:, :1], place[:, -1:]
    population, variables = place.shape[1:]
    closer = best + draws.normal(population, variables) * (place - best).abs()
    # where all have failed, infinity less infinity counts as no difference
    gap = (values - values[:, -1:]).nan_to_num()[..., None] + torch.finfo(values.dtype).tiny
    pull = 2 * draws.uniform(population, 1) - 1
    away = place + pull * ((place - worst).abs() / gap)
    return torch.where((values > values[:, :1])[..., None], closer, away)
