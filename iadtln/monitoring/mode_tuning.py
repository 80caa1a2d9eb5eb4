"""Variational mode decomposition whose number of modes and penalty are searched on one window."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from iadtln.monitoring.fault_indicator import FaultIndicator
from iadtln.search import TTAO, Cached, Optimiser, Space, minimise
from iadtln.signals.vmd import vmd

Rating = Callable[[Tensor], Tensor]  # modes (..., modes, time) -> (..., modes), more is better
Aggregate = Literal["top3", "max", "mean"]
TOP = 3
POPULATION = 12  # of TTAO: four units, so that fifty evaluations are two generations


class TunedVMD(NamedTuple):
    """What ``tune_vmd`` found.

    Args:
        modes: number of modes, K.
        alpha: penalty on their bandwidth.
        history: best fitness after each candidate, shape ``(candidates,)``.
        evaluations: candidates that were decomposed; the others were known.
    """

    modes: int
    alpha: float
    history: Tensor
    evaluations: int


@dataclass(frozen=True)
class VMDSearch:
    """How many modes and which penalty suit a window: settings of the search.

    Args:
        evaluations: candidates at most, known ones among them.
        aggregate: fitness of a decomposition from its modes' ratings: mean of the best three,
            greatest, or mean of all. The paper says maximum "or" mean of the best p.
        gate: modes with less than this share of all modes' energy do not count; at most one over
            modes_max, so that one always does.
        optimiser: null for the paper's, triangulation topology aggregation, of 12 points.
        generations: for which the optimiser plans, whether or not the evaluations suffice.
        modes_min: fewest modes tried.
        modes_max: most modes tried; 25 in the paper.
        alpha_min: least penalty tried.
        alpha_max: greatest penalty tried.
        alpha_step: penalties are rounded to it, so that few are computed twice.
        max_iterations: of a decomposition; 100 in the paper.
        tolerance: relative change at which a decomposition stops.
        samples: the search looks at so many samples in the middle of a window; null for all.
        seed: of the optimiser.
    """

    evaluations: int = 50
    aggregate: Aggregate = "top3"
    gate: float = 0.0
    optimiser: Optimiser | None = None
    generations: int = 50
    modes_min: int = 2
    modes_max: int = 25
    alpha_min: int = 100
    alpha_max: int = 3000
    alpha_step: int = 10
    max_iterations: int = 100
    tolerance: float = 1e-6
    samples: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.modes_min <= self.modes_max or self.evaluations < 1:
            raise ValueError(
                "expected 1 <= modes_min <= modes_max and one evaluation at least, "
                f"got {self.modes_min}, {self.modes_max} and {self.evaluations}"
            )
        if not 0 < self.alpha_min <= self.alpha_max or self.alpha_step <= 0:
            raise ValueError(
                "expected 0 < alpha_min <= alpha_max and an alpha_step above 0, "
                f"got {self.alpha_min}, {self.alpha_max} and {self.alpha_step}"
            )
        if self.aggregate not in ("top3", "max", "mean") or not 0 <= self.gate < 1:
            raise ValueError(
                "expected aggregate 'top3', 'max' or 'mean' and a gate from 0 to below 1, "
                f"got {self.aggregate!r} and {self.gate}"
            )
        if self.gate * self.modes_max > 1:
            raise ValueError(
                f"expected a gate of 1 / {self.modes_max} modes_max at most, above which no mode "
                f"may be left, got {self.gate}; lower one of them"
            )

    def decompose(self, signal: Tensor, modes: int, alpha: float | Tensor) -> Tensor:
        """Return modes, shape ``(..., modes, time)``, as the search makes them."""
        options = self.tolerance, self.max_iterations
        return vmd(signal, modes, alpha, 0.0, *options, stop="relative").modes

    def fitness(self, signal: Tensor, candidates: Tensor, rating: Rating) -> Tensor:
        """Rate pairs (K, alpha) on one signal; candidates of the same K are decomposed together.

        Args:
            signal: shape ``(time,)``.
            candidates: shape ``(candidates, 2)``.
            rating: of modes, more is better.

        Returns:
            Shape ``(candidates,)``.
        """
        values = candidates.new_empty(len(candidates))
        for number in torch.unique(candidates[:, 0]):
            chosen = candidates[:, 0] == number
            modes = self.decompose(signal, int(number), candidates[chosen, 1])
            counted = gated(rating(modes), modes, self.gate)
            values[chosen] = aggregated(counted, self.aggregate).to(values)
        return values

    def part(self, signal: Tensor) -> Tensor:
        """Return what the search looks at, in single precision, which is enough to compare."""
        time = signal.shape[-1]
        length = time if self.samples is None else min(time, self.samples)
        first = (time - length) // 2
        return signal[first : first + length].float()

    def space(self) -> Space:
        """Return the box of (K, alpha)."""

        def rounded(candidates: Tensor) -> Tensor:
            modes, alpha = candidates.unbind(-1)
            step = self.alpha_step
            return torch.stack([modes, (alpha / step).round() * step], -1)

        lower, upper = (self.modes_min, self.alpha_min), (self.modes_max, self.alpha_max)
        return Space(lower, upper, integer=True, repair=rounded)


def tune_vmd(
    signal: Tensor, search: VMDSearch | None = None, rating: Rating | None = None
) -> TunedVMD:
    """Search the number of modes and the penalty that make the modes rate highest.

    The paper's equation 21 says to minimise its index, its text to maximise; modes of a high index
    are wanted, so it is maximised.

    Args:
        signal: shape ``(time,)``.
        search: settings; None for the paper's, as we read it.
        rating: maps modes ``(..., modes, time)`` to ``(..., modes)``, more is better; None for
            the paper's ``cffi``. An entropy to be minimised is given with its sign turned.

    Returns:
        The best pair, and how the search went.

    Raises:
        ValueError: If the signal is no single window.

    Reference: Sensors 2026, 26(4) 1394, sections 2.5 and 3.
    """
    if signal.ndim != 1:
        raise ValueError(f"expected one window of shape (time,), got {tuple(signal.shape)}")
    search, rate = search or VMDSearch(), rating or FaultIndicator()
    part = search.part(signal)
    known = Cached(lambda candidates: -search.fitness(part, candidates[0], rate)[None])
    seen = []

    def objective(candidates: Tensor) -> Tensor:
        values = known(candidates)
        seen.append(values[0])
        return values

    found = minimise(
        objective,
        search.space(),
        search.optimiser or TTAO(POPULATION),
        search.generations,
        seed=search.seed,
        evaluations=search.evaluations,
    )
    modes, alpha = found.candidate[0].tolist()
    history = -torch.cat(seen).cummin(0).values
    return TunedVMD(int(modes), alpha, history, known.asked)


def gated(ratings: Tensor, modes: Tensor, gate: float) -> Tensor:
    """Ratings, minus infinity for modes of too little energy.

    Args:
        ratings: shape ``(..., modes)``.
        modes: shape ``(..., modes, time)``.
        gate: least share of the energy of all modes. At most ``1 / modes`` excludes not all.

    Returns:
        Shape ``(..., modes)``.
    """
    energy = modes.square().sum(-1)
    weak = energy < gate * energy.sum(-1, keepdim=True)
    return ratings.masked_fill(weak, -torch.inf)


def aggregated(ratings: Tensor, aggregate: Aggregate) -> Tensor:
    """One number for a decomposition; modes rated minus infinity are left out.

    Args:
        ratings: shape ``(..., modes)``.
        aggregate: see ``VMDSearch``.

    Returns:
        Shape ``(...)``; minus infinity if no mode is left.
    """
    most = {"top3": TOP, "max": 1, "mean": ratings.shape[-1]}[aggregate]
    best = ratings.topk(min(most, ratings.shape[-1])).values
    counted = best > -torch.inf
    mean = best.masked_fill(~counted, 0.0).sum(-1) / counted.sum(-1)
    return torch.where(counted.any(-1), mean, -torch.inf)
