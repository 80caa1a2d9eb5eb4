"""Data sets of windows: a batch is gathered at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from datamodules.tracks import Track

Normaliser = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class WindowIndex:
    """Where the windows of one part of a domain lie.

    Args:
        recording: place of each window's recording in the domain, shape ``(windows,)``.
        start: first sample within that recording, shape ``(windows,)``.
    """

    recording: NDArray[np.int64]
    start: NDArray[np.int64]

    def at(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> "WindowIndex":
        """Some of the windows, by place or by mask."""
        return WindowIndex(self.recording[chosen], self.start[chosen])

    def overlaps(self, others: "WindowIndex", length: int) -> NDArray[np.bool_]:
        """Whether each window holds a raw sample of one of the others, shape ``(windows,)``.

        Args:
            others: windows of the same domain.
            length: samples in a window of either.
        """
        if not len(self.start) or not len(others.start):
            return np.zeros(len(self.start), bool)
        apart = int(max(self.start.max(), others.start.max())) + length  # from record to record
        own = self.recording * apart + self.start
        ordered = np.sort(others.recording * apart + others.start)
        after = np.searchsorted(ordered, own)
        before = ordered[np.maximum(after - 1, 0)]
        behind = ordered[np.minimum(after, len(ordered) - 1)]
        near: NDArray[np.bool_] = (np.abs(own - before) < length) | (np.abs(behind - own) < length)
        return near


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
        self.track, self.index, self.length = track, index, length
        self.normalise = normalise

    def __len__(self) -> int:
        return len(self.index.start)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Return one window; loaders call :meth:`__getitems__`."""
        return {name: value[0] for name, value in self.__getitems__([index]).items()}

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        """Gather a batch in one indexing call.

        Returns:
            ``signal`` of shape ``(batch, channels, length)`` and ``index`` of shape ``(batch,)``.
        """
        own = self.index.at(np.asarray(indices, dtype=np.int64))
        signal = self.track.windows(own.recording, own.start, self.length)
        return {"signal": self.normalise(signal), "index": torch.as_tensor(indices)}


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


class JoinedDataset(Dataset[dict[str, Tensor]]):
    """Labelled windows of several domains, one after the other.

    Args:
        parts: with windows of equal shape.
    """

    def __init__(self, parts: Sequence[LabelledWindowDataset]) -> None:
        self.parts = list(parts)
        self.ends = torch.tensor([len(part) for part in parts]).cumsum(0)

    def __len__(self) -> int:
        return int(self.ends[-1])

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Return one window; loaders call :meth:`__getitems__`."""
        return {name: value[0] for name, value in self.__getitems__([index]).items()}

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        """Gather a batch, in the order of ``indices``, in one indexing call for each domain."""
        index = torch.as_tensor(indices)
        owner = torch.searchsorted(self.ends, index, right=True)
        order = owner.argsort(stable=True)
        pieces = []
        for number, part in enumerate(self.parts):
            own = index[owner == number]
            if len(own):
                first = int(self.ends[number]) - len(part)
                pieces.append(part.__getitems__((own - first).tolist()))
        back = order.argsort()
        joined = {key: torch.cat([piece[key] for piece in pieces])[back] for key in pieces[0]}
        return {**joined, "index": index}
