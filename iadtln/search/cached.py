"""An objective that remembers."""

from collections.abc import Callable

import torch
from torch import Tensor

Objective = Callable[[Tensor], Tensor]


class Cached:
    """Asks an objective for new candidates only.

    Worth it where variables are integer and an evaluation is dear. New candidates of all problems
    go in one call; a problem that has fewer of them than another fills its row up with repeats,
    and the objective is not called at all when nothing is new.

    Args:
        objective: maps candidates ``(problems, members, variables)`` to values
            ``(problems, members)`` or ``(problems, members, objectives)``; the value of a candidate
            may not depend on its neighbours.

    Attributes:
        asked: candidates that the objective was called for, repeats included.

    Example:
        >>> squares = Cached(lambda candidates: candidates.square().sum(-1))
        >>> squares(torch.tensor([[[1.0], [3.0], [1.0]]]))
        tensor([[1., 9., 1.]])
        >>> squares(torch.tensor([[[3.0]]])), squares.asked
        (tensor([[9.]]), 2)
    """

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self.asked = 0
        self._known: dict[tuple[float, ...], float | list[float]] = {}
        self._dtype: torch.dtype | None = None  # of the objective's values

    def __call__(self, candidates: Tensor) -> Tensor:
        """Return the values of ``candidates``, known or new; shapes as for the objective."""
        keys = [
            [(problem, *member) for member in members]
            for problem, members in enumerate(candidates.tolist())
        ]
        self._learn(candidates, keys)
        known = [[self._known[key] for key in row] for row in keys]
        return torch.tensor(known, dtype=self._dtype, device=candidates.device)

    def _learn(self, candidates: Tensor, keys: list[list[tuple[float, ...]]]) -> None:
        new: list[dict[tuple[float, ...], int]] = []  # and where each comes first
        for row in keys:
            places: dict[tuple[float, ...], int] = {}
            for place, key in enumerate(row):
                if key not in self._known:
                    places.setdefault(key, place)
            new.append(places)
        members = max(len(row) for row in new)
        if members == 0:
            return
        index = torch.zeros(len(keys), members, dtype=torch.long)
        for problem, places in enumerate(new):
            index[problem, : len(places)] = torch.tensor([*places.values()], dtype=torch.long)
        index = index.to(candidates.device)
        values = self.objective(candidates.take_along_dim(index[..., None], dim=1))
        self.asked += index.numel()
        self._dtype = values.dtype
        for places, learnt in zip(new, values.tolist(), strict=True):
            self._known.update(zip(places, learnt, strict=False))  # without the repeats
