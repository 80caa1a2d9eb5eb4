"""Who goes where: parts of recordings, so that no raw sample stands on two sides."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from datamodules.errors import LeakageError, TooShortError
from datamodules.recording import Recording


@dataclass(frozen=True)
class Segment:
    """Samples ``start`` to ``stop`` (exclusive) of a recording.

    Args:
        recording: place of the recording in the list of its domain.
        start: first sample.
        stop: one past the last sample.
    """

    recording: int
    start: int
    stop: int


def whole(recordings: Sequence[Recording]) -> list[Segment]:
    """Every recording from end to end."""
    return [Segment(i, 0, recording.num_samples) for i, recording in enumerate(recordings)]


class Split(ABC):
    """Cuts a domain into a first part (training) and a second (validation or test)."""

    @abstractmethod
    def __call__(
        self, recordings: Sequence[Recording], gap: int, seed: int
    ) -> tuple[list[Segment], list[Segment]]:
        """Return the segments of the two parts.

        Args:
            recordings: of one domain; labels are None where they must not be used.
            gap: samples left out between two parts of one recording: one window.
            seed: of the split, apart from the seed of the training.
        """


class TimeSplit(Split):
    """The beginning of every recording, and its end, with a gap of one window between.

    Args:
        first: share of each recording in the first part.
    """

    def __init__(self, first: float = 0.8) -> None:
        if not 0.0 < first < 1.0:
            raise ValueError(f"expected 0 < first < 1, got {first}")
        self.first = first

    def __call__(
        self, recordings: Sequence[Recording], gap: int, seed: int
    ) -> tuple[list[Segment], list[Segment]]:
        """Return beginnings and ends."""
        first, second = [], []
        for i, recording in enumerate(recordings):
            usable = max(0, recording.num_samples - gap)
            cut = round(usable * self.first)
            first.append(Segment(i, 0, cut))
            second.append(Segment(i, min(cut + gap, recording.num_samples), recording.num_samples))
        return first, second


class _GroupSplit(Split):
    """Whole groups of recordings on one side, class by class.

    Args:
        first: share of the groups of each class in the first part; each side gets at least one.
    """

    unit = ""

    def __init__(self, first: float = 0.8) -> None:
        if not 0.0 < first < 1.0:
            raise ValueError(f"expected 0 < first < 1, got {first}")
        self.first = first

    @staticmethod
    @abstractmethod
    def group(recording: Recording) -> str:
        """Return what must stay together."""

    def __call__(
        self, recordings: Sequence[Recording], gap: int, seed: int
    ) -> tuple[list[Segment], list[Segment]]:
        """Return the segments of the groups of either side."""
        groups: dict[str | None, set[str]] = defaultdict(set)
        for recording in recordings:
            groups[recording.label].add(self.group(recording))
        in_first = self._sides(groups, np.random.default_rng(seed))
        segments = whole(recordings)
        first = [s for s in segments if in_first[self.group(recordings[s.recording])]]
        return first, [s for s in segments if s not in first]

    def _sides(
        self, groups: dict[str | None, set[str]], rng: np.random.Generator
    ) -> dict[str, bool]:
        """Draw which groups come first; one that holds several classes is drawn once."""
        in_first: dict[str, bool] = {}
        for label, names in sorted(groups.items(), key=lambda item: str(item[0])):
            if len(names) < 2:
                (only,) = names
                raise LeakageError(
                    f"class '{label}' has one {self.unit} only ('{only}'), and a split by "
                    f"{self.unit} needs two; split by time, or name them in {self.unit}_id"
                )
            wanted = int(np.clip(round(self.first * len(names)), 1, len(names) - 1))
            wanted -= sum(in_first.get(name, False) for name in names)
            free = [str(n) for n in rng.permutation(sorted(names)) if str(n) not in in_first]
            in_first |= {name: i < wanted for i, name in enumerate(free)}
            if len({in_first[name] for name in names}) < 2:
                raise LeakageError(
                    f"class '{label}' would stand on one side only, as its {self.unit}s also hold "
                    "other classes; choose another split_seed, or split by time"
                )
        return in_first


class RecordingSplit(_GroupSplit):
    """Whole recordings on one side.

    Args:
        first: share of the recordings of each class in the first part.
    """

    unit = "recording"

    @staticmethod
    def group(recording: Recording) -> str:
        """Return the recording's name."""
        return recording.recording_id


class BearingSplit(_GroupSplit):
    """Whole physical bearings on one side.

    Args:
        first: share of the bearings of each class in the first part.
    """

    unit = "bearing"

    @staticmethod
    def group(recording: Recording) -> str:
        """Return the bearing's name."""
        return recording.bearing_id


class WindowSplit(Split):
    """Windows drawn at random, recording by recording: the split of many published tables.

    A recording is cut into blocks one window long, end to end, so no raw sample stands on both
    sides. But neighbours do: windows of one measurement are easier to tell than a new one. Count
    windows by ``overlap: 0``; a set number of windows would leave blocks out.

    Args:
        first: below 1 the share of each recording's windows in the first part, else their number.
        windows: of each recording at most, from its beginning; all by default.
    """

    def __init__(self, first: float = 0.2, windows: int | None = None) -> None:
        if not (0.0 < first < 1.0 or (first >= 1.0 and first == int(first))):
            raise ValueError(f"expected a share 0 < first < 1 or a whole number, got {first}")
        if windows is not None and windows < 2:
            raise ValueError(f"expected 2 windows or more of a recording, got {windows}")
        self.first = first
        self.windows = windows

    def __call__(
        self, recordings: Sequence[Recording], gap: int, seed: int
    ) -> tuple[list[Segment], list[Segment]]:
        """Return the blocks of the two parts; ``gap`` is the length of a block.

        Raises:
            LeakageError: If it is asked for before the length of a window is known.
            TooShortError: If a recording has no window for one of the parts.
        """
        if gap < 2:  # as for transforms that look at what training may see
            raise LeakageError(
                "a split by windows is known only when windows are cut, and a transform wants to "
                "look at its first part before; choose TimeSplit, or set what the transform fits"
            )
        rng = np.random.default_rng(seed)
        parts: tuple[list[Segment], list[Segment]] = ([], [])
        for i, recording in enumerate(recordings):
            count = min(recording.num_samples // gap, self.windows or recording.num_samples)
            wanted = self._wanted(count, recording.recording_id)
            in_first = np.isin(np.arange(count), rng.permutation(count)[:wanted])
            for block, chosen in enumerate(in_first.tolist()):
                side = parts[0] if chosen else parts[1]
                side.append(Segment(i, block * gap, (block + 1) * gap))
        return parts

    def _wanted(self, count: int, name: str) -> int:
        """Windows of a recording in the first part."""
        if self.first < 1.0 and count > 1:
            return int(np.clip(round(self.first * count), 1, count - 1))
        if not 1 <= self.first < count:
            raise TooShortError(
                f"recording '{name}' has {count} windows, and first: {self.first:g} leaves none of "
                "them for one of the parts; lower first, or shorten the window"
            )
        return int(self.first)


def require_apart(
    first: Sequence[Segment], second: Sequence[Segment], recordings: Sequence[Recording]
) -> None:
    """The leakage guard of one domain: it reads the sample ranges that were really cut.

    Raises:
        LeakageError: If a raw sample stands in both parts.
    """
    for a in first:
        for b in second:
            if a.recording == b.recording and a.start < b.stop and b.start < a.stop:
                raise LeakageError(
                    f"samples {max(a.start, b.start)} to {min(a.stop, b.stop)} of recording "
                    f"'{recordings[a.recording].recording_id}' stand on both sides of the split"
                )


def shared(
    source: Sequence[Recording], target: Sequence[Recording], key: Callable[[Recording], str]
) -> list[str]:
    """What both domains hold, by ``key``: names of recordings, files or bearings."""
    return sorted({key(r) for r in source if key(r)} & {key(r) for r in target if key(r)})
