"""The filter of a recording whose length and period are searched by two objectives."""

from collections.abc import Sequence

import torch

from datamodules.errors import TooShortError, where
from datamodules.recording import Recording
from datamodules.transforms import RecordingTransform
from iadtln.front_ends.fault_orders import fault_orders, samples_per_revolution
from iadtln.front_ends.filter_search import FilterSearch, FoundFilters
from iadtln.front_ends.filtering import filtered_by, with_end
from iadtln.front_ends.raw import Raw
from iadtln.signals.bearing import BallSpin, BearingGeometry
from iadtln.signals.indices import kurtosis


class SearchedFilter(RecordingTransform):
    """Each channel through the filter that a search finds for it; what it found becomes a note.

    Args:
        orders: strikes per revolution; the period is searched from that of the highest to that of
            the lowest.
        search: how.
    """

    fits_each = True

    def __init__(self, orders: Sequence[float], search: FilterSearch) -> None:
        super().__init__()
        self.orders, self.search = tuple(orders), search

    def find(self, recording: Recording) -> FoundFilters:
        """Search a filter for each channel, shapes ``(channels, 1, ...)``.

        Raises:
            SamplingRateError: If the speed is not known.
            TooShortError: If a pulse train does not fit into what is searched.
        """
        revolution = samples_per_revolution(recording, "AMOMCKD")
        block = recording.signal[:, : self.search.samples(recording.num_samples)]
        shape = len(block), 1
        shortest, longest = (
            torch.full(shape, revolution / order, dtype=torch.float64, device=block.device)
            for order in (max(self.orders), min(self.orders))
        )
        try:
            return self.search(block, shortest, longest)
        except ValueError as error:
            here = where(recording.source, recording.recording_id)
            raise TooShortError(f"{here}: {error}") from error

    def lead(self, before: Recording, after: Recording) -> int:
        """Samples left out: all at the beginning."""
        return before.num_samples - after.num_samples

    def forward(self, recording: Recording) -> Recording:
        """Return the filtered recording, less the longest filter, with a note on each channel."""
        found = self.find(recording)
        longest = int(found.taps.max())
        filtered = filtered_by(recording.signal, found.filters[:, 0, :longest])
        before, after = kurtosis(recording.signal).tolist(), kurtosis(filtered).tolist()
        notes = [
            f"AMOMCKD of {recording.recording_id}, channel {i}: {taps} taps, period {period} "
            f"samples, kurtosis {before[i]:.2f} -> {after[i]:.2f}, envelope entropy {entropy:.3f}"
            for i, (taps, period, entropy) in enumerate(
                zip(
                    found.taps[:, 0].tolist(),
                    found.period[:, 0].tolist(),
                    found.objectives[:, 0, 1].tolist(),
                    strict=True,
                )
            )
        ]
        return with_end(recording, filtered, notes)


class AMOMCKD(Raw):
    """Recordings filtered by MCKD whose length and period are searched; windows as they are.

    A filter that makes the recording impulsive (large kurtosis) and its envelope uneven (small
    entropy) is searched for each channel of each recording, at any period between those of the
    bearing's faults. No label enters. The summary before a run names what was found.

    Args:
        geometry: of the bearing; its orders are those of outer race, inner race and balls.
        bsf: ``seed`` for the strikes of a defect on a ball, as published (twice the ball spin
            frequency), ``standard`` for the ball spin frequency itself.
        orders: strikes per revolution to look for instead of those of the geometry.
        search: optimiser, ranges and size of the search.

    Reference: AMOMCKD-CNN, Scientific Reports 2025, doi 10.1038/s41598-025-96106-3.
    """

    def __init__(
        self,
        geometry: BearingGeometry = BearingGeometry(),  # noqa: B008 (frozen)
        bsf: BallSpin = "seed",
        orders: list[float] | None = None,
        search: FilterSearch = FilterSearch(),  # noqa: B008 (frozen)
    ) -> None:
        super().__init__()
        self.orders, self.search = fault_orders(geometry, bsf, orders), search

    def recording_transforms(self) -> Sequence[RecordingTransform]:
        """Return the search and its filter."""
        return [SearchedFilter(self.orders, self.search)]
