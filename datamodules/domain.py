"""One side of a task: its recordings, cut in two parts and in windows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from datamodules.datasets import WindowIndex
from datamodules.errors import EmptyDomainError, LabelMismatchError, TooShortError
from datamodules.recording import Recording
from datamodules.splits import Segment, require_apart
from datamodules.tracks import TRACKS, Storage
from datamodules.windows import Windowing, place_windows

Part = Literal["first", "second", "known", "unknown", "labelled"]


def cut(
    recordings: Sequence[Recording],
    parts: Sequence[Sequence[Segment]],
    length: int,
    windowing: Windowing,
) -> list[WindowIndex]:
    """Cut windows from the segments of several parts; a set number is shared among all parts.

    Args:
        recordings: of one domain.
        parts: segments of each part.
        length: samples in a window.
        windowing: spacing or number of windows.

    Returns:
        The windows of each part.
    """
    segments = [segment for part in parts for segment in part]
    names = [
        f"{recordings[s.recording].domain}/{recordings[s.recording].label}"
        if windowing.per_class
        else str(s.recording)
        for s in segments
    ]
    starts = iter(place_windows(segments, names, length, windowing))
    indices = []
    for part in parts:
        own = [next(starts) for _ in part]
        owners = [np.full(len(s), g.recording, np.int64) for s, g in zip(own, part, strict=True)]
        empty = np.empty(0, np.int64)
        indices.append(WindowIndex(np.concatenate([empty, *owners]), np.concatenate([empty, *own])))
    return indices


class Domain:
    """Recordings of one side and where their windows lie.

    Windows of the ``first`` part are trained on or adapted to, those of the ``second`` validated,
    tested or diagnosed. A target tells among the second those of ``known`` and of ``unknown``
    classes, and may have a few ``labelled`` ones among the first.

    Args:
        name: of the domain, or of several joined by ``+``.
        recordings: checked and transformed, at one sampling rate.
        parts: segments of the first and the second part; one list alone serves as both
            (transductive).
        length: samples in a window.
        windowing: spacing or number of windows.
        storage: where the signals lie.

    Raises:
        LeakageError: If a raw sample stands in both of two parts.
        EmptyDomainError: If a part holds no window.
    """

    def __init__(
        self,
        name: str,
        recordings: Sequence[Recording],
        parts: Sequence[Sequence[Segment]],
        length: int,
        windowing: Windowing,
        storage: Storage = "memory",
    ) -> None:
        self.name, self.length = name, length
        self.transductive = len(parts) == 1
        self.track = TRACKS[storage](recordings)
        self.recordings = self.track.views(recordings)
        if len(parts) == 2:
            require_apart(parts[0], parts[1], recordings)
        windows = cut(recordings, parts, length, windowing)
        self.segments: dict[Part, Sequence[Segment]] = {"first": parts[0], "second": parts[-1]}
        self.windows: dict[Part, WindowIndex] = {"first": windows[0], "second": windows[-1]}
        for part, index in list(self.windows.items()):
            if not len(index.start):
                raise EmptyDomainError(
                    f"domain '{name}' has no windows in its {part} part; shorten the window "
                    f"({length} samples) or give that part a larger share"
                )

    def tell_unknown(self, class_names: Sequence[str]) -> None:
        """Divide the second part in windows of known and of unknown classes, by their labels."""
        index = self.windows["second"]
        known = [r.label is None or r.label in class_names for r in self.recordings]
        is_known = np.array(known)[index.recording]
        self.windows |= {"known": index.at(is_known), "unknown": index.at(~is_known)}

    def labels(self, part: Part, class_names: Sequence[str]) -> NDArray[np.int64]:
        """Class number of each window of a part, shape ``(windows,)``.

        Windows of unknown classes have the number after the last known one.

        Raises:
            LabelMismatchError: If a recording has no label, or one that is not a class.
        """
        index = self.windows[part]
        if part == "unknown":
            return np.full(len(index.start), len(class_names), np.int64)
        numbers = {name: i for i, name in enumerate(class_names)}
        own = [self.recordings[i] for i in sorted(set(index.recording.tolist()))]
        unknown = [r for r in own if r.label not in numbers]
        if unknown:
            raise LabelMismatchError(
                f"domain '{self.name}' needs a label on every recording, one of "
                f"{list(class_names)}; '{unknown[0].recording_id}' has {unknown[0].label or 'none'}"
                "; a target without labels can be diagnosed with predict, but not tested"
            )
        by_recording = np.array([numbers.get(str(r.label), -1) for r in self.recordings])
        return by_recording[index.recording]

    def statistics(self) -> Tensor:
        """Mean and standard deviation of each channel in the first part, ``(2, channels)``."""
        pieces = [
            self.recordings[s.recording].signal[:, s.start : s.stop] for s in self.segments["first"]
        ]
        number = sum(piece.shape[-1] for piece in pieces)  # one piece at a time: they may be large
        mean = torch.stack([piece.double().sum(-1) for piece in pieces]).sum(0) / number
        squares = [(piece.double() - mean[:, None]).square().sum(-1) for piece in pieces]
        deviation = (torch.stack(squares).sum(0) / (number - 1)).sqrt().clamp(min=1e-12)
        return torch.stack([mean, deviation]).float()

    def training(self) -> list[Recording]:
        """The recordings of the first part, each cut to it; not resampled, not standardised."""
        return cut_to(self.recordings, self.segments["first"])

    def describe(self, part: Part) -> pd.DataFrame:
        """Where each window of a part comes from: recording, start, domain, label."""
        index = self.windows[part]
        chosen = [self.recordings[i] for i in index.recording]
        return pd.DataFrame(
            {
                "recording": [r.recording_id for r in chosen],
                "start": index.start,
                "domain": [r.domain for r in chosen],
                "label": [r.label for r in chosen],
            }
        )

    def counts(self, part: Part) -> Counter[str]:
        """Windows of each class in a part."""
        labels = [str(r.label) if r.label else "unlabelled" for r in self.recordings]
        return Counter(labels[i] for i in self.windows[part].recording)


def require_every_class(source: Domain, class_names: Sequence[str], length: int) -> None:
    """Raise if a part of the source lost a class to windows that do not fit.

    Raises:
        TooShortError: Naming classes and part.
    """
    for part, name in (("first", "training"), ("second", "validation")):
        counts = source.counts("first" if part == "first" else "second")
        empty = [label for label in class_names if not counts[label]]
        if empty:
            raise TooShortError(
                f"source '{source.name}' has no {name} window of {', '.join(empty)}; shorten the "
                f"window ({length} samples), or change the share of the split"
            )


def without_labels(recordings: Sequence[Recording]) -> list[Recording]:
    """Copies that do not know their class, for whatever must not look."""
    return [replace(recording, label=None) for recording in recordings]


def cut_to(recordings: Sequence[Recording], segments: Sequence[Segment]) -> list[Recording]:
    """Segments of recordings, each as a recording of its own."""
    pieces = []
    for segment in segments:
        whole, place = recordings[segment.recording], slice(segment.start, segment.stop)
        rpm = whole.rpm[place] if isinstance(whole.rpm, np.ndarray) else whole.rpm
        pieces.append(replace(whole, signal=whole.signal[:, place], rpm=rpm))
    return pieces
