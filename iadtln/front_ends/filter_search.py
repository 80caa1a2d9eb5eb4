"""The search for the length and the period of a deconvolution filter, for many signals at once."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from iadtln.front_ends.filtering import faded
from iadtln.search import NSGA2, Cached, Optimiser, Space, minimise
from iadtln.signals.envelope_entropy import envelope_entropy
from iadtln.signals.indices import kurtosis
from iadtln.signals.mckd_population import (
    PreparedRecords,
    evaluate_filters,
    mckd_population,
    prepare_records,
)


class FoundFilters(NamedTuple):
    """Filters, one for each signal and each range of periods.

    Args:
        filters: of norm 1, zero behind their own length, shape ``(signals, ranges, taps)``.
        taps: their lengths, whole, shape ``(signals, ranges)``.
        period: samples between two pulses, whole, shape ``(signals, ranges)``.
        objectives: one over kurtosis and envelope entropy of what was searched, filtered, shape
            ``(signals, ranges, 2)``; infinite where no filter was found.
        log_kurtosis: logarithm of the largest correlated kurtosis in its iterations, at its period,
            shape ``(signals, ranges)``; minus infinity where no filter was found.
    """

    filters: Tensor
    taps: Tensor
    period: Tensor
    objectives: Tensor
    log_kurtosis: Tensor


def pulse_objectives(filtered: Tensor) -> Tensor:
    r"""Both objectives of the search, small where there are a few sharp pulses.

    .. math:: f_1 = 1 / K(y), \qquad f_2 = -\sum_j p_j \ln p_j, \quad p_j = a_j / \sum a

    with the kurtosis :math:`K` (not the excess) and the envelope :math:`a`.

    Args:
        filtered: shape ``(..., time)``.

    Returns:
        Shape ``(..., 2)``.

    Reference: AMOMCKD, Scientific Reports 2025, doi 10.1038/s41598-025-96106-3.
    """
    return torch.stack([1 / kurtosis(filtered), envelope_entropy(filtered)], dim=-1)


def weighed(objectives: Tensor, time: int) -> Tensor:
    r"""Both objectives as one, :math:`f_1 + f_2 / \ln N`, for searches that follow only one.

    Args:
        objectives: shape ``(..., 2)``.
        time: samples N of the signals; both parts then lie between 0 and 1.

    Returns:
        Shape ``(...)``. The paper gives PSO the same fitness without saying how: our reading.
    """
    return objectives[..., 0] + objectives[..., 1] / math.log(time)


@dataclass(frozen=True)
class FilterSearch:
    """How the length and the period of a filter are searched.

    The paper gives the range of the length and what is minimised; all other numbers are a reading.

    Args:
        optimiser: does the search. NSGA2 if not given: its option ``choice`` says which point of
            the front is taken. Any other follows the sum of both objectives: PSO is the baseline.
        population: candidates of a generation, if no optimiser is given.
        generations: after the first, at most.
        taps_max: length of the longest filter.
        shifts: periods that a pulse train spans.
        iterations: updates of each candidate's filter.
        max_samples: the search looks at so many samples from the beginning of a recording; null
            for all of it. Where that reaches into the test part, its unlabelled samples are seen.
        fade: what is searched rises smoothly at its beginning, over so many times ``taps_max``; 0
            leaves the sudden start, whose pulse the search then takes for the best.
        patience: generations without a gain after which a search ends.
        tolerance: the least gain that counts, as a share.
        seed: of the search.

    Raises:
        ValueError: If a number is too low.

    Reference: AMOMCKD, Scientific Reports 2025, doi 10.1038/s41598-025-96106-3.
    """

    optimiser: Optimiser | None = None
    population: int = 50
    generations: int = 30
    taps_max: int = 700
    shifts: int = 1
    iterations: int = 30
    max_samples: int | None = 32768
    fade: float = 1.0
    patience: int = 5
    tolerance: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        counts = self.population, self.shifts, self.iterations, self.patience
        if min(counts) < 1 or self.taps_max < 2 or min(self.generations, self.fade) < 0:
            raise ValueError(
                "expected population, shifts, iterations and patience of 1 or more, taps_max of 2 "
                f"or more, generations and fade of 0 or more, got {counts}, {self.taps_max}, "
                f"{self.generations} and {self.fade}"
            )

    def samples(self, available: int) -> int:
        """How many samples of a recording the search looks at."""
        wanted = min(available, self.max_samples or available)
        return wanted - wanted % 1024 or wanted  # the FFTs of some long lengths are slow

    def __call__(
        self, signal: Tensor, shortest: Tensor, longest: Tensor, progress: str | None = None
    ) -> FoundFilters:
        """Search a filter for each signal and range of periods, all side by side.

        Args:
            signal: shape ``(signals, time)``.
            shortest: least period in samples, rounded down, shape ``(signals, ranges)``.
            longest: greatest, rounded up, likewise.
            progress: words before a progress bar; None shows none.

        Returns:
            What was found.

        Raises:
            ValueError: If no pulse train fits into the signals.
        """
        rows, ranges = shortest.shape
        taps_max = min(self.taps_max, signal.shape[-1])
        records = prepare_records(faded(signal, round(self.fade * taps_max)), taps_max)
        space = self._space(records, shortest.reshape(-1), longest.reshape(-1))
        optimiser = self.optimiser or NSGA2(self.population)

        def objective(candidates: Tensor) -> Tensor:  # (rows * ranges, members, 2)
            values = self._evaluate(records, candidates.reshape(rows, -1, 2)).objectives
            values = values.reshape(*candidates.shape[:2], 2)
            single = optimiser.num_objectives == 1
            return weighed(values, signal.shape[-1]) if single else values

        found = minimise(
            Cached(objective),
            space,
            optimiser,
            self.generations,
            rows * ranges,
            seed=self.seed,
            patience=self.patience,
            tolerance=self.tolerance,
            progress=progress,
        )
        return self._evaluate(records, found.candidate.reshape(rows, ranges, 2))

    def _space(self, records: PreparedRecords, shortest: Tensor, longest: Tensor) -> Space:
        lower, upper = shortest.double().floor().clamp(min=1), longest.double().ceil()
        time, taps_max = records.signal.shape[-1], records.inverse_factor.shape[-1]
        if self.shifts * float(upper.max()) >= time:
            raise ValueError(
                f"expected shifts * period below the {time} samples searched, got {self.shifts} * "
                f"{float(upper.max()):g}: take longer recordings, more max_samples or fewer shifts"
            )
        return Space(
            torch.stack([torch.full_like(lower, 2), lower], -1),
            torch.stack([torch.full_like(upper, taps_max), upper], -1),
            integer=True,
        )

    def _evaluate(self, records: PreparedRecords, candidates: Tensor) -> FoundFilters:
        """Run MCKD with candidates of shape ``(signals, members, 2)``."""
        taps, period = candidates.long().unbind(-1)
        found = mckd_population(records, taps, period, self.shifts, self.iterations)
        values = evaluate_filters(records, found.filters, pulse_objectives)
        values = values.masked_fill(~found.feasible[..., None], torch.inf)
        return FoundFilters(found.filters, taps, period, values, found.log_kurtosis.amax(-1))
