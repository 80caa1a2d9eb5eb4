"""ED-GAFMD in one convolution: filters searched once for all recordings."""

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from datamodules.recording import Recording
from datamodules.transforms import AngleResample, RecordingTransform
from iadtln.front_ends.mode_search import ModeSearch
from iadtln.front_ends.searched_bank import SearchedBank
from iadtln.front_ends.searched_modes import (
    Choice,
    orders_to_try,
    require_orders,
    search_afmd,
)


class EDGAFMDBank(SearchedBank):
    """Filters of ED-GAFMD, one for each fault order, that every window passes.

    The search is done once, on pieces of the training parts of all recordings of source and target
    joined to one signal, without labels. Each order gives the filter of its chosen mode. They are
    part of the state, and a batch costs one convolution. Count windows in revolutions.

    Args:
        fco: fault orders, impacts per revolution, of all faults that may be there; each gives a
            channel. ``auto`` reads one from the envelope.
        samples_per_revolution: samples in one revolution; no more than recordings have at their
            highest speed, and enough for the resonance: half as many orders are kept.
        choose: see :class:`EDGAFMD`.
        search: optimiser, entropy and size of the search; ``samples`` is the length of the joined
            signal, 65536 if null.
        standardise: give each channel of the output mean 0 and deviation 1 in each window.
    """

    def __init__(
        self,
        fco: list[float] | Literal["auto"] = "auto",
        samples_per_revolution: float = 320.0,
        choose: Choice = "kurtosis",
        search: ModeSearch = ModeSearch(),  # noqa: B008 (frozen)
        standardise: bool = True,
    ) -> None:
        super().__init__(standardise)
        require_orders(fco)
        self.fco = fco
        self.samples_per_revolution = samples_per_revolution
        self.choose: Choice = choose
        self.search = search
        self.expect(1 if fco == "auto" else len(fco))

    def recording_transforms(self) -> Sequence[RecordingTransform]:
        """Return order tracking."""
        return [AngleResample(self.samples_per_revolution, oversample=False)]

    def fit(self, recordings: Sequence[Recording]) -> None:
        """Search the filters.

        Args:
            recordings: on an angle axis; their labels are not looked at.
        """
        signal = joined(recordings, self.search.samples or 65536)
        orders = orders_to_try(signal, self.samples_per_revolution, self.fco)
        found = [
            search_afmd(signal, self.samples_per_revolution, order, self.search, self.choose)
            for order in orders
        ]
        best = [one.filters[one.chosen] for one in found]
        longest = max(len(one) for one in best)
        filters = torch.stack([F.pad(one, (0, longest - len(one))) for one in best])
        self.filters = filters.to(self.filters)


def joined(recordings: Sequence[Recording], samples: int) -> Tensor:
    """Middle pieces of all channels of all recordings behind each other, of deviation 1 each.

    Args:
        recordings: of any length.
        samples: of the result, about; all channels have equal shares.

    Returns:
        Shape ``(time,)``.
    """
    channels = [channel for one in recordings for channel in one.signal]
    pieces = []
    for channel in channels:
        share = min(len(channel), max(1, samples // len(channels)))
        first = (len(channel) - share) // 2
        piece = channel[first : first + share]
        scale = piece.std(correction=0)
        pieces.append(torch.where(scale > 0, (piece - piece.mean()) / scale, 0.0))
    return torch.cat(pieces)
