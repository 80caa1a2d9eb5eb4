"""How the parameters of a decomposition are searched on one record, without labels.

Here and not in ``iadtln.signals``, which knows no optimiser. A search for filters decomposes for
each pair of bands K and taps L once: the sweeps pass all numbers of modes n on their way down, so
that all candidates (n, K, L) of a pair share the work.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from iadtln.search import GWO, Optimiser, Space, minimise
from iadtln.signals.envelope_entropy import information_entropy
from iadtln.signals.mode_decomposition import Decomposition
from iadtln.signals.permutation_entropy import permutation_entropy
from iadtln.signals.sample_entropy import sample_entropy

Fitness = Literal["permutation", "sample", "information"]
Candidate = tuple[int, ...]
Path = Callable[[Tensor, int, int], Iterator[Decomposition]]  # signal, taps, bands
Rating = Callable[[Tensor], Tensor]  # modes (modes, time) -> (modes,)

ENTROPIES: dict[Fitness, Rating] = {
    "permutation": permutation_entropy,
    # its time grows with the square of the samples
    "sample": lambda modes: sample_entropy(modes[..., :2048]),
    "information": partial(information_entropy, normalise=True),
}
MODES, BANDS_MIN, TAPS_MIN = (2, 8), 2, 10  # of n, K and L in ED-GAFMD's section 3.2.2


@dataclass(frozen=True)
class ModeSearch:
    """How the parameters of a decomposition are searched.

    Args:
        optimiser: of (modes, bands, taps); null for the paper's, the grey wolf, with 20 wolves.
        generations: moves of the population after the first, random one.
        fitness: entropy of the modes that is minimised; the paper's is ``permutation``.
        reduce: over the modes of a candidate; the paper does not say.
        samples: the search looks at so many samples in the middle of a record; null for all. The
            modes that go on are those of the whole record; 16384 make it several times faster.
        bands_max: greatest K tried; 20 in the paper.
        taps_max: greatest L tried, at most a quarter of what is searched; 300 in the paper.
        patience: stop after so many generations without gain; null never.
        seed: of the optimiser.
        fixed: (modes, bands, taps) to take without a search: AFMD or FMD alone.
    """

    optimiser: Optimiser | None = None
    generations: int = 20
    fitness: Fitness = "permutation"
    reduce: Literal["min", "mean"] = "min"
    samples: int | None = None
    bands_max: int = 20
    taps_max: int = 300
    patience: int | None = None
    seed: int = 0
    fixed: Candidate | None = None

    def __post_init__(self) -> None:
        if self.generations < 0 or self.bands_max < BANDS_MIN or self.taps_max < TAPS_MIN:
            raise ValueError(
                f"expected generations >= 0, bands_max >= {BANDS_MIN} and taps_max >= {TAPS_MIN}, "
                f"got {self.generations}, {self.bands_max} and {self.taps_max}"
            )
        if self.fixed is not None and not (
            len(self.fixed) == 3
            and MODES[0] <= self.fixed[0] <= min(MODES[1], self.fixed[1])
            and self.fixed[2] >= TAPS_MIN
        ):
            raise ValueError(
                f"expected fixed (modes, bands, taps) with {MODES[0]} to {MODES[1]} modes, as many "
                f"bands or more and {TAPS_MIN} taps or more, got {self.fixed}"
            )

    def value(self, modes: Tensor) -> float:
        """Return the entropy of modes, shape ``(modes, time)``, that is minimised."""
        entropy = ENTROPIES[self.fitness](modes)
        return float(entropy.amin() if self.reduce == "min" else entropy.mean())

    def part(self, signal: Tensor) -> Tensor:
        """Return the middle of a record, shape ``(time,)``."""
        time = signal.shape[-1]
        length = time if self.samples is None else min(time, self.samples)
        first = (time - length) // 2
        return signal[first : first + length]

    def minimise(self, known: "Known", space: Space) -> tuple[Candidate, Tensor]:
        """Return the best candidate, and the best value after each generation."""
        if self.fixed is not None:
            return self.fixed, torch.tensor([known[self.fixed]])

        def values(candidates: Tensor) -> Tensor:
            rows = candidates.long().tolist()
            return candidates.new_tensor([[known[tuple(one)] for one in row] for row in rows])

        pack, seed, patience = self.optimiser or GWO(), self.seed, self.patience
        found = minimise(values, space, pack, self.generations, seed=seed, patience=patience)
        return tuple(found.candidate[0].long().tolist()), found.history[:, 0]


class Known(dict[Candidate, float]):
    """Values of candidates, computed when they are first looked up.

    Args:
        learn: maps a candidate to its value and those of all others that come with it.

    Attributes:
        learnt: how often that was done.
    """

    def __init__(self, learn: Callable[[Candidate], dict[Candidate, float]]) -> None:
        super().__init__()
        self.learn = learn
        self.learnt = 0

    def __missing__(self, candidate: Candidate) -> float:
        """Return the value of a new candidate."""
        self.update(self.learn(candidate))
        self.learnt += 1
        return self[candidate]


class SearchedModes(NamedTuple):
    """What a search has found.

    Args:
        parameters: the best (n, K, L), or (K, alpha) of VMD.
        modes: of the whole record, less the first samples, in which the filters fill up; shape
            ``(modes, time)``.
        filters: shape ``(modes, taps)``; without taps for VMD.
        rating: of each mode, shape ``(modes,)``; the mode with the greatest is chosen.
        history: best fitness after each generation, shape ``(generations + 1,)``.
        order: fault order that the decomposition was told, or found; None if it needs none.
        decompositions: that the search has computed.
    """

    parameters: Candidate
    modes: Tensor
    filters: Tensor
    rating: Tensor
    history: Tensor
    order: float | None
    decompositions: int

    @property
    def chosen(self) -> int:
        """Number of the chosen mode."""
        return int(self.rating.argmax())

    @property
    def mode(self) -> Tensor:
        """The chosen mode, shape ``(time,)``."""
        return self.modes[self.chosen]


def filling(taps: int, passes: int, time: int) -> int:
    """Samples in which filters fill up, at most a quarter of the record.

    A filter that whitens answers the sudden start of a record with a spike that would outdo every
    fault in kurtosis.

    Args:
        taps: of each filter.
        passes: filters run one after another.
        time: samples of the record.
    """
    return min(passes * (taps - 1), time // 4)


def search_filters(
    signal: Tensor,
    path: Path,
    rating: Rating,
    search: ModeSearch,
    order: float | None,
    *,
    cascade: bool,
) -> SearchedModes:
    """Search n, K and L on a record.

    Args:
        signal: shape ``(time,)``.
        path: decompositions into ever fewer modes.
        rating: of the modes, the greatest is chosen.
        search: how to search.
        order: to be noted in the result.
        cascade: whether sweeps filter what the last one left.

    Returns:
        What was found.

    Raises:
        ValueError: If the record is too short for the shortest filters.
    """
    part = search.part(signal)
    longest = min(search.taps_max, part.shape[-1] // 4)
    if longest < TAPS_MIN:
        raise ValueError(
            f"expected at least {4 * TAPS_MIN} samples to search filters for, got {part.shape[-1]}"
        )

    def settled(found: Decomposition, bands: int) -> Tensor:
        passes = 1 + (bands - len(found.modes)) * cascade
        taps, time = found.filters.shape[-1], found.modes.shape[-1]
        return found.modes[:, filling(taps, passes, time) :]

    def learn(candidate: Candidate) -> dict[Candidate, float]:
        _, bands, taps = candidate
        values: dict[Candidate, float] = {}
        for found in path(part, taps, bands):
            if len(found.modes) <= MODES[1]:
                values[len(found.modes), bands, taps] = search.value(settled(found, bands))
        return values

    most = min(MODES[1], search.bands_max)
    upper = most, search.bands_max, longest
    space = Space((MODES[0], BANDS_MIN, TAPS_MIN), upper, integer=True, repair=_enough_bands)
    known = Known(learn)
    parameters, history = search.minimise(known, space)
    modes, bands, taps = parameters
    best = next(found for found in path(signal, taps, bands) if len(found.modes) == modes)
    kept = settled(best, bands)
    return SearchedModes(parameters, kept, best.filters, rating(kept), history, order, known.learnt)


def _enough_bands(candidates: Tensor) -> Tensor:
    """(n, K, L) with K of at least n."""
    modes, bands, taps = candidates.unbind(-1)
    return torch.stack([modes, torch.maximum(bands, modes), taps], -1)
