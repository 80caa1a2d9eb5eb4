"""The loop around an optimiser."""

import copy
from typing import NamedTuple

import torch
from torch import Tensor
from tqdm.auto import tqdm

from iadtln.search.base import Best, Optimiser
from iadtln.search.cached import Objective
from iadtln.search.draws import Seed
from iadtln.search.space import Space


class Found(NamedTuple):
    """The result of a search; candidates are as the objective saw them.

    Args:
        candidate: the best, or the one chosen on the front, ``(problems, variables)``.
        value: its value, ``(problems,)``, or ``(problems, objectives)``.
        front: candidates that no other beats, ``(problems, points, variables)``; for one objective
            the best alone.
        front_value: their values, ``(problems, points[, objectives])``; infinite for a point that
            only fills the shape up.
        history: best score after each generation, the first population included,
            ``(generations + 1, problems)``: the best value ever, or minus the area of the front.
        generations: how many each problem took, ``(problems,)``.
    """

    candidate: Tensor
    value: Tensor
    front: Tensor
    front_value: Tensor
    history: Tensor
    generations: Tensor


def minimise(
    objective: Objective,
    space: Space,
    optimiser: Optimiser,
    generations: int,
    problems: int | None = None,
    *,
    seed: Seed = 0,
    patience: int | None = None,
    tolerance: float = 0.0,
    evaluations: int | None = None,
    progress: str | None = None,
) -> Found:
    """Search many problems in lock step.

    A problem gives the same result alone and beside others, but for rounding, if it has the same
    seed and the objective treats problems apart: also when it stops early, for its result is then
    put aside.

    Args:
        objective: maps candidates ``(problems, members, variables)`` to values
            ``(problems, members)``, or ``(problems, members, 2)`` for NSGA-II; NaN and infinity
            stand for a candidate that failed. Wrap it in :class:`Cached` if it is dear.
        space: bounds of the variables.
        optimiser: its settings; a copy of it does the search.
        generations: moves of the population after the first, random one.
        problems: how many; if not given, as many as have bounds of their own in ``space``.
        seed: one number or generator for all, or one number for each problem.
        patience: a problem stops after so many generations in a row without gain; None never.
        tolerance: the least gain that counts, as a share of the score.
        evaluations: a problem's candidates at most, remembered ones included; None for no limit.
        progress: words before a progress bar; None shows none.

    Returns:
        What was found.

    Raises:
        ValueError: If the objective returns another shape.

    Example:
        >>> from iadtln.search.gwo import GWO
        >>> space = Space([-5.0, 0.0], [5.0, 9.0], integer=[False, True])
        >>> aim = torch.tensor([1.5, 7.0])
        >>> found = minimise(lambda x: (x - aim).square().sum(-1), space, GWO(), generations=50)
        >>> [round(number, 2) for number in found.candidate[0].tolist()]
        [1.5, 7.0]
    """
    problems = space.problems if problems is None else problems
    optimiser = copy.copy(optimiser)  # one at work cannot be copied with the object it belongs to
    optimiser.start(space, problems, generations, seed)
    asks = 1 + generations * optimiser.asks_per_generation
    watch = _Watch(problems, patience, tolerance, space.lower.device)
    with tqdm(total=asks, desc=progress, unit="call", disable=progress is None, delay=1) as bar:
        asked = 0
        for call in range(asks):
            candidates = optimiser.ask()
            members = candidates.shape[1]
            if evaluations is not None:
                members = min(members, evaluations - asked)
            asked += members
            optimiser.tell(_values(objective, candidates, members, optimiser.num_objectives))
            bar.update()
            if call % optimiser.asks_per_generation == 0 or asked == evaluations:
                watch.look(optimiser)
                if progress is not None:
                    score = float(watch.history[-1].mean())
                    bar.set_postfix_str(f"mean score {score:.4g}", refresh=False)
            if asked == evaluations or not bool(watch.running.any()):
                break
    return Found(*watch.best, torch.stack(watch.history), watch.generations)


def _values(objective: Objective, candidates: Tensor, members: int, objectives: int) -> Tensor:
    """Values of the first ``members``, and infinity for those that the budget does not reach."""
    values = objective(candidates[:, :members])
    wanted = (len(candidates), members, objectives)[: 2 if objectives == 1 else 3]
    if values.shape != wanted:
        raise ValueError(
            f"expected the objective to return the shape {wanted} for candidates of shape "
            f"{tuple(candidates[:, :members].shape)}, got {tuple(values.shape)}"
        )
    missing = (len(candidates), candidates.shape[1] - members, *wanted[2:])
    return torch.cat([values, values.new_full(missing, torch.inf)], 1)


class _Watch:
    """Puts the result of each problem aside when it has stopped gaining."""

    def __init__(
        self, problems: int, patience: int | None, tolerance: float, device: torch.device
    ) -> None:
        self.running = torch.ones(problems, dtype=torch.bool, device=device)
        self.generations = torch.zeros(problems, dtype=torch.long, device=device)
        self.history: list[Tensor] = []
        self._idle = torch.zeros_like(self.generations)
        self._patience = patience
        self._tolerance = tolerance

    def look(self, optimiser: Optimiser) -> None:
        """Take over what the optimiser has found for problems that still run."""
        best, score = optimiser.best(), optimiser.score()
        if not self.history:
            self.best = best
            self.history.append(score)
            return
        self.best = Best(
            *(
                torch.where(self.running.view(-1, *[1] * (new.ndim - 1)), new, old)
                for new, old in zip(best, self.best, strict=True)
            )
        )
        before = self.history[-1]
        after = torch.where(self.running, torch.minimum(score, before), before)
        self.history.append(after)
        self.generations += self.running
        if self._patience is not None:
            gained = (before - after > self._tolerance * before.abs()) | (
                before.isinf() & after.isfinite()
            )
            self._idle = torch.where(gained, 0, self._idle + 1)
            self.running = self.running & (self._idle < self._patience)
