"""Windows as strided views of recordings: overlap costs no memory, a batch is one indexing call."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from datamodules.errors import DataError, SamplingRateError, where
from datamodules.recording import Recording
from datamodules.splits import Segment

Normaliser = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Windowing:
    """How windows are cut.

    Args:
        length: of a window, counted in ``unit``.
        unit: samples, seconds or revolutions of the shaft. 2048 samples at 51.2 kHz and 600 rpm are
            0.4 of a revolution, and no network finds a fault period there. Windows counted in
            revolutions hold at least so many at the slowest shaft; with AngleResample, exactly.
        overlap: share of a window that the next one repeats, 0 to below 1.
        per_recording: evenly spaced windows in each recording, instead of ``overlap``.
        per_class: evenly spaced windows of each class and domain, instead of ``overlap``: the
            published setting. It balances the target by its labels; the other two do not look.
    """

    length: float = 2048
    unit: Literal["samples", "seconds", "revolutions"] = "samples"
    overlap: float = 0.0
    per_recording: int | None = None
    per_class: int | None = None

    def __post_init__(self) -> None:
        if not (self.length > 0 and 0.0 <= self.overlap < 1.0):
            raise ValueError(
                "expected a window length > 0 and 0 <= overlap < 1, "
                f"got {self.length} and {self.overlap}"
            )
        if self.unit == "samples" and self.length < 1:
            raise ValueError(f"expected a window of one sample or more, got {self.length}")
        for count in (self.per_recording, self.per_class):
            if count is not None and count < 1:
                raise ValueError(f"expected one window or more, got {count}; null for overlap")
        if self.per_recording and self.per_class:
            raise ValueError("give per_recording or per_class, not both")


def window_length(windowing: Windowing, recordings: Sequence[Recording]) -> int:
    """Samples in a window that serves all recordings.

    Raises:
        SamplingRateError: If the unit needs a speed or a time axis that a recording lacks.
    """
    if windowing.unit == "samples":
        return round(windowing.length)
    rates = []
    for recording in recordings:
        in_seconds = windowing.unit == "seconds"
        rate = recording.sampling_rate if in_seconds else recording.samples_per_revolution
        if rate is None or (in_seconds and recording.axis == "angle"):
            raise SamplingRateError(
                f"{where(recording.source, recording.recording_id)}: windows in {windowing.unit} "
                f"need {'a time axis' if in_seconds else 'the shaft speed (rpm)'}; "
                "count the window in another unit"
            )
        rates.append(rate)
    return math.ceil(windowing.length * max(rates) - 1e-6)


def place_windows(
    segments: Sequence[Segment], groups: Sequence[str], length: int, windowing: Windowing
) -> list[NDArray[np.int64]]:
    """First samples of the windows of each segment.

    Args:
        segments: of one domain, all its parts.
        groups: what ``per_recording`` or ``per_class`` counts in: one name a segment.
        length: samples in a window.
        windowing: spacing or number of windows.

    Returns:
        One ascending array a segment, empty where it is shorter than a window.
    """
    count = windowing.per_recording or windowing.per_class
    rooms = [segment.stop - segment.start - length + 1 for segment in segments]
    if count is None:
        step = max(1, round(length * (1.0 - windowing.overlap)))
        return [
            np.arange(s.start, s.start + max(room, 0), step, dtype=np.int64)
            for s, room in zip(segments, rooms, strict=True)
        ]
    shares = _shares(rooms, groups, count)
    return [
        np.unique(np.linspace(s.start, s.start + max(room, 1) - 1, n).round().astype(np.int64))
        for s, room, n in zip(segments, rooms, shares, strict=True)
    ]


def _shares(rooms: Sequence[int], groups: Sequence[str], count: int) -> list[int]:
    """Divide ``count`` windows among the segments of each group by the room they have."""
    members = defaultdict(list)
    for i, group in enumerate(groups):
        members[group].append(i)
    shares = [0] * len(rooms)
    for chosen in members.values():
        room = np.maximum([rooms[i] for i in chosen], 0)
        edges = np.round(count * np.cumsum(room) / max(1, room.sum())).astype(int)
        for i, n in zip(chosen, np.diff(edges, prepend=0), strict=True):
            shares[i] = int(min(n, max(rooms[i], 0)))
    return shares


@dataclass(frozen=True, eq=False)
class WindowIndex:
    """Where the windows of one part of a domain lie.

    Args:
        recording: place of each window's recording in the domain, shape ``(windows,)``.
        start: first sample within that recording, shape ``(windows,)``.
    """

    recording: NDArray[np.int64]
    start: NDArray[np.int64]


class Track:
    """All signals of a domain end to end, once in memory for all its data sets.

    Args:
        recordings: with equal numbers of channels.
    """

    def __init__(self, recordings: Sequence[Recording]) -> None:
        channels = {recording.signal.shape[0] for recording in recordings}
        if len(channels) > 1:
            raise DataError(
                f"recordings of one domain need equal numbers of channels, got {sorted(channels)}; "
                "name the channels to use"
            )
        self.signal = torch.cat([recording.signal for recording in recordings], dim=-1)
        lengths = [recording.num_samples for recording in recordings]
        self.offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)

    def views(self, recordings: Sequence[Recording]) -> list[Recording]:
        """The same recordings as views of the track, so that their own memory can go."""
        return [
            replace(recording, signal=self.signal[:, offset : offset + recording.num_samples])
            for recording, offset in zip(recordings, self.offsets.tolist(), strict=True)
        ]


def standardise(windows: Tensor) -> Tensor:
    """Zero mean and unit variance of each channel of each window; constants become zero.

    Args:
        windows: shape ``(..., time)``.
    """
    centred = windows - windows.mean(-1, keepdim=True)
    deviation = centred.square().mean(-1, keepdim=True).sqrt()
    rounding = 1e-6 * windows.abs().amax(-1, keepdim=True)  # of the mean of a constant: no signal
    return torch.where(deviation > rounding, centred / deviation, 0.0)


def standardise_by(statistics: Tensor) -> Normaliser:
    """Fixed mean and deviation of each channel.

    Args:
        statistics: means and deviations, shape ``(2, channels)``.
    """
    mean, deviation = statistics[:, :, None]
    return partial(_scaled, mean=mean, deviation=deviation)


def _scaled(windows: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    """At the top of the module, so that processes that gather batches can be sent it."""
    return (windows - mean) / deviation


def leave(windows: Tensor) -> Tensor:
    """Windows as they are."""
    return windows


class WindowDataset(Dataset[dict[str, Tensor]]):
    """Windows without labels.

    Args:
        track: the signals of the domain.
        index: the windows of this part.
        length: samples in a window.
        normalise: applied to each batch of shape ``(batch, channels, length)``.
    """

    def __init__(
        self,
        track: Track,
        index: WindowIndex,
        length: int,
        normalise: Normaliser = standardise,
    ) -> None:
        self.frames = track.signal.unfold(-1, length, 1)  # (channels, places, length): a view
        self.starts = torch.from_numpy(track.offsets[index.recording] + index.start)
        self.normalise = normalise

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Return one window; loaders call :meth:`__getitems__`."""
        return {name: value[0] for name, value in self.__getitems__([index]).items()}

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        """Gather a batch in one indexing call.

        Returns:
            ``signal`` of shape ``(batch, channels, length)`` and ``index`` of shape ``(batch,)``.
        """
        index = torch.as_tensor(indices)
        signal = self.frames[:, self.starts[index]].transpose(0, 1).contiguous()
        return {"signal": self.normalise(signal), "index": index}


class LabelledWindowDataset(WindowDataset):
    """Windows with the number of their class.

    Args:
        labels: class number of each window, shape ``(windows,)``.
        track: the signals of the domain.
        index: the windows of this part.
        length: samples in a window.
        normalise: see :class:`WindowDataset`.
    """

    def __init__(
        self,
        labels: NDArray[np.int64],
        track: Track,
        index: WindowIndex,
        length: int,
        normalise: Normaliser = standardise,
    ) -> None:
        super().__init__(track, index, length, normalise)
        self.labels = torch.from_numpy(labels)

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        """Gather a batch, with ``label`` of shape ``(batch,)``."""
        batch = super().__getitems__(indices)
        return {**batch, "label": self.labels[batch["index"]]}
