"""ED-GAFMD of recordings: order tracking, then modes whose parameters an entropy has chosen."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from datamodules.errors import SamplingRateError, TooShortError, where
from datamodules.recording import Recording
from datamodules.transforms import AngleResample, RecordingTransform
from iadtln.front_ends.mode_search import ModeSearch, SearchedModes
from iadtln.front_ends.raw import Raw
from iadtln.front_ends.searched_modes import Choice, Orders, require_orders, search_afmd


class AngleModes(RecordingTransform):
    """The chosen mode of each channel, by a search on that channel.

    Args:
        fco: see :class:`EDGAFMD`.
        search: how to search.
        choose: see :class:`EDGAFMD`.
        cascade: see :class:`EDGAFMD`.
    """

    fits_each = True

    def __init__(self, fco: Orders, search: ModeSearch, choose: Choice, cascade: bool) -> None:
        super().__init__()
        self.fco = fco
        self.search = search
        self.choose: Choice = choose
        self.cascade = cascade

    def lead(self, before: Recording, after: Recording) -> int:
        """Samples left out: all at the beginning."""
        return before.num_samples - after.num_samples

    def forward(self, recording: Recording) -> Recording:
        """Return the modes, of deviation 1, with a note on each channel's search.

        The first samples, in which the filters fill up, are left out.
        """
        here = where(recording.source, recording.recording_id)
        if recording.axis != "angle":
            raise SamplingRateError(
                f"{here}: AngleModes needs a recording on an angle axis, got one in seconds; put "
                "AngleResample before it"
            )
        try:
            found = [self.find(channel, recording.sampling_rate) for channel in recording.signal]
        except ValueError as error:
            raise TooShortError(f"{here}: {error}") from error
        # filters of different length fill up at different times, and their gain is arbitrary
        length = min(len(one.mode) for one in found)
        signal = torch.stack([one.mode[-length:] for one in found])
        scale = signal.std(-1, keepdim=True)
        signal = torch.where(scale > 0, signal / scale, 0.0)
        notes = tuple(
            f"ED-GAFMD of {recording.recording_id}, channel {i}: (n, K, L) = {one.parameters} at "
            f"order {one.order:.3g}, mode {one.chosen}, {self.search.fitness} entropy "
            f"{float(one.history[-1]):.3f}"
            for i, one in enumerate(found)
        )
        return replace(recording, signal=signal, notes=(*recording.notes, *notes))

    def find(self, signal: Tensor, samples_per_revolution: float) -> SearchedModes:
        """Search one channel, shape ``(time,)``."""
        return search_afmd(
            signal,
            samples_per_revolution,
            self.fco,
            self.search,
            self.choose,
            cascade=self.cascade,
        )


class EDGAFMD(Raw):
    """ED-GAFMD of whole recordings, then windows as they are. Count windows in revolutions.

    Order tracking makes fault periods stand still; angle-domain feature mode decomposition looks
    for filters that make each fault period impulsive; its parameters (modes 2-8, bands 2-20, taps
    10-300) are those of least entropy; one mode goes on. The search is done for each channel and
    kept in the cache; ``preprocess`` does it beforehand, side by side.

    Args:
        samples_per_revolution: samples in one revolution; no more than recordings have at their
            highest speed, and enough for the resonance: half as many orders are kept.
        fco: fault order in impacts per revolution; a list of the orders of all faults, of which
            the one whose mode rates highest is kept; or ``auto``, read from the envelope. A single
            order tells the network which fault it is unless all classes get the same.
        choose: mode that goes on: of greatest ``kurtosis`` (the paper), which a single shock can
            have, of greatest ``average_kurtosis`` of its fault periods, or of greatest
            ``feature_energy`` of the order in its envelope order spectrum.
        search: optimiser, entropy and size of the search.
        cascade: filter modes again that are filtered already, as in FMD.

    Reference: ED-GAFMD, doi 10.1177/10775463261461759.
    """

    def __init__(
        self,
        samples_per_revolution: float = 320.0,
        fco: Orders = "auto",
        choose: Choice = "kurtosis",
        search: ModeSearch = ModeSearch(),  # noqa: B008 (frozen)
        cascade: bool = False,
    ) -> None:
        super().__init__()
        require_orders(fco)
        self.samples_per_revolution = samples_per_revolution
        self.fco = fco
        self.search = search
        self.choose: Choice = choose
        self.cascade = cascade
        self.recording_transforms()  # wrong options fail here, not after the data are read

    def recording_transforms(self) -> Sequence[RecordingTransform]:
        """Return order tracking and the searched decomposition."""
        return [
            AngleResample(self.samples_per_revolution, oversample=False),
            AngleModes(self.fco, self.search, self.choose, self.cascade),
        ]
