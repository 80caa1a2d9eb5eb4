"""The signals of a domain, once for all its data sets: end to end in memory, or on disk."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from datamodules.errors import DataError
from datamodules.recording import Recording
from iadtln.files import written_whole
from iadtln.memory import give_back_freed_memory

Storage = Literal["memory", "disk"]
Places = NDArray[np.int64]


class Track(ABC):
    """Gives windows of a domain's recordings.

    Args:
        recordings: with equal numbers of channels.

    Raises:
        DataError: If these differ.
    """

    def __init__(self, recordings: Sequence[Recording]) -> None:
        channels = {recording.signal.shape[0] for recording in recordings}
        if len(channels) > 1:
            raise DataError(
                f"recordings of one domain need equal numbers of channels, got {sorted(channels)}; "
                "name the channels to use"
            )

    @abstractmethod
    def views(self, recordings: Sequence[Recording]) -> list[Recording]:
        """The same recordings without memory of their own."""

    @abstractmethod
    def windows(self, recording: Places, start: Places, length: int) -> Tensor:
        """Gather windows.

        Args:
            recording: place of each window's recording in the domain, shape ``(windows,)``.
            start: first sample within it, likewise.
            length: samples in a window.

        Returns:
            Shape ``(windows, channels, length)``.
        """


class MemoryTrack(Track):
    """All signals end to end: a batch is one indexing call."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        super().__init__(recordings)
        self.signal = torch.cat([recording.signal for recording in recordings], dim=-1)
        lengths = [recording.num_samples for recording in recordings]
        self.offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)

    def views(self, recordings: Sequence[Recording]) -> list[Recording]:
        """The same recordings as views of the track, so that their own memory can go."""
        return [
            replace(recording, signal=self.signal[:, offset : offset + recording.num_samples])
            for recording, offset in zip(recordings, self.offsets.tolist(), strict=True)
        ]

    def windows(self, recording: Places, start: Places, length: int) -> Tensor:
        """Gather windows; see :class:`Track`."""
        frames = self.signal.unfold(-1, length, 1)  # (channels, places, length): a view
        places = torch.from_numpy(self.offsets[recording] + start)
        return frames[:, places].transpose(0, 1).contiguous()


class DiskTrack(Track):
    """Each signal where it lies: what a batch needs of it is read when it is gathered."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        super().__init__(recordings)
        self.signals = [recording.signal for recording in recordings]

    def views(self, recordings: Sequence[Recording]) -> list[Recording]:
        """The recordings as they are: their samples take no memory."""
        return list(recordings)

    def windows(self, recording: Places, start: Places, length: int) -> Tensor:
        """Gather windows; see :class:`Track`."""
        places = zip(recording.tolist(), start.tolist(), strict=True)
        return torch.stack([self.signals[one][:, at : at + length] for one, at in places])


TRACKS: dict[Storage, type[Track]] = {"memory": MemoryTrack, "disk": DiskTrack}


def keep_on_disk(recording: Recording, folder: Path) -> Recording:
    """The same recording, its samples mapped from a file that is named by what is in it.

    Args:
        recording: in memory.
        folder: of the files; 4 bytes a sample.

    Raises:
        DataError: If the file cannot be written or read.
    """
    samples = recording.signal.contiguous().numpy()
    digest = hashlib.sha256(repr(samples.shape).encode())
    digest.update(samples.data)
    path = folder / f"{digest.hexdigest()}.npy"
    try:
        if not path.exists():
            with written_whole(path) as aside:
                np.save(aside, samples)
        # copy on write: torch takes no array that must not be written to
        mapped = replace(recording, signal=torch.from_numpy(np.load(path, mmap_mode="c")))
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot keep recordings in '{folder}' ({error}); set cache_dir to a disk with room, "
            f"delete '{path.name}' there if it is damaged, or set storage: memory"
        ) from error
    give_back_freed_memory()  # of those before; else the process would grow with the folder
    return mapped
