"""Where windows lie in recordings."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from datamodules.errors import SamplingRateError, where
from datamodules.recording import Recording
from datamodules.splits import Segment


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
