"""Honey badger algorithm."""

import math

import torch
from torch import Tensor

from iadtln.search.base import Moves, Optimiser
from iadtln.search.draws import Draws
from iadtln.search.population import fittest, keep_better
from iadtln.search.space import Space


class HBA(Optimiser):
    r"""Honey badger algorithm: dig along the smell of the prey, or follow the honeyguide.

    With :math:`d` the way to the best badger ever (the prey), :math:`F = \pm 1` and
    :math:`\alpha = C e^{-t / T}`, half of the moves are

    .. math::
        X_p + F \beta I X_p + F r_3 \alpha d\, |\cos(2 \pi r_4) (1 - \cos(2 \pi r_5))|

    and half :math:`X_p + F r_7 \alpha d`. The smell :math:`I` compares the distance to the next
    badger with that to the prey. A badger moves only if that is better.

    The term :math:`\beta I X_p` grows with the distance of the prey from 0: the search depends on
    where 0 lies, so choose axes (such as logarithms) on which that makes sense.

    Args:
        population: badgers.
        hunger: :math:`\beta`, how far the smell carries.
        density: :math:`C`, width of the moves at the start.

    Reference: Hashim et al., Honey badger algorithm, Math. Comput. Simul. 2022, eq. 2 to 6, as in
    the authors' code.
    """

    def __init__(self, population: int = 30, hunger: float = 6.0, density: float = 2.0) -> None:
        super().__init__(population)
        self.hunger = hunger
        self.density = density

    def search(self, space: Space, draws: Draws, generations: int) -> Moves:
        """Yield the badgers, once a generation."""
        badgers = space.sample(draws, self.population)
        values = yield badgers
        shape = (self.population, space.variables)
        for generation in range(1, generations + 1):
            alpha = self.density * math.exp(-generation / generations)
            prey, _ = fittest(badgers, values, 1)
            smell = draws.uniform(self.population, 1) * _intensity(badgers, prey)
            flag, way = draws.signs(self.population, 1), draws.uniform(self.population, 1)
            r3, r4, r5, r7 = draws.uniform(4, *shape).unbind(1)
            wave = (torch.cos(2 * math.pi * r4) * (1 - torch.cos(2 * math.pi * r5))).abs()
            distance = alpha * (prey - badgers)
            digging = self.hunger * smell * prey + r3 * distance * wave
            moved = space.clip(prey + flag * torch.where(way < 0.5, digging, r7 * distance))
            badgers, values = keep_better(badgers, values, moved, (yield moved))


def _intensity(badgers: Tensor, prey: Tensor) -> Tensor:
    """Smell before its random factor, ``(problems, population, 1)``."""
    # the prey is at distance 0 from itself
    eps = torch.finfo(badgers.dtype).eps
    strength = (badgers - badgers.roll(-1, 1) + eps).square().sum(-1, keepdim=True)
    distance = (badgers - prey + eps).square().sum(-1, keepdim=True)
    return strength / (4 * math.pi * distance)
