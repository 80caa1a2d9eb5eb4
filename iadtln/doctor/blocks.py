"""From a recording as it streams to the windows of a network, with the memory of one block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from datamodules import RecordingTransform, Resample
from datamodules.errors import ConstantChannelError, NonFiniteSignalError, TooShortError
from datamodules.readers import Signal
from datamodules.recording import Recording

BLOCK_SECONDS = 20.0
MARGIN_SECONDS = 0.5  # filters and envelopes see so much on both sides of what they are cut to


class Windows(NamedTuple):
    """Windows of a block."""

    signal: Tensor
    """Shape ``(windows, channels, length)``."""
    start_seconds: NDArray[np.float64]
    """Where each begins, shape ``(windows,)``."""


class Buffer:
    """The part of a recording that is at hand.

    Args:
        blocks: of the recording, each of shape ``(channels, time)``.
    """

    def __init__(self, blocks: Iterator[Signal]) -> None:
        self.blocks = blocks
        self.samples = next(blocks, np.empty((0, 0), np.float32))
        self.begin = 0  # of the samples at hand, in samples of the recording
        self.ended = False

    @property
    def stop(self) -> int:
        """End of the samples at hand."""
        return self.begin + int(self.samples.shape[1])

    def fill(self, stop: int) -> None:
        """Read up to there, or to the end of the recording."""
        more: list[Signal] = []
        while not self.ended and self.stop + sum(block.shape[1] for block in more) < stop:
            block = next(self.blocks, None)
            self.ended = block is None
            if block is not None:
                more.append(block)
        if more:
            self.samples = np.concatenate([self.samples, *more], axis=1)

    def drop(self, begin: int) -> None:
        """Forget what lies before."""
        self.samples = self.samples[:, begin - self.begin :]
        self.begin = begin


@dataclass(eq=False)
class Cutter:
    """Cuts one recording in windows, end to end, as it comes.

    A piece of it goes through the transforms at a time, with a margin on either side that is cut
    off again, and the next piece begins where the last window ended. So the windows are those of
    the whole recording, but for what far samples add to filters (nothing, without transforms), and
    for transforms that fit something to each recording or cut it in blocks: they do so with each
    piece. Windows in which the recording as measured stands still are left out.

    Args:
        sampling_rate: of the recording, in hertz.
        length: samples of a window after all transforms.
        transforms: of recordings, in order.
        rpm: speed of the shaft in revolutions per minute, None if not known.
        expected_rate: sampling rate to bring the recording to first, None to leave it.
        device: where transforms are computed.
        block_seconds: length of a piece.
    """

    sampling_rate: float
    length: int
    transforms: Sequence[RecordingTransform] = ()
    rpm: float | None = None
    expected_rate: float | None = None
    device: str = "cpu"
    block_seconds: float = BLOCK_SECONDS
    seconds: float = field(default=0.0, init=False)
    """That were seen so far."""
    left_out_seconds: float = field(default=0.0, init=False)
    """Of them left out, for samples that are no numbers or never change."""
    standing_seconds: float = field(default=0.0, init=False)
    """Of these, those that never change."""
    pieces: int = field(default=0, init=False)
    """That went through the transforms so far."""
    fewest: float = field(default=0.0, init=False)
    """Samples of the recording in a window, known after the first piece."""
    lead: float = field(default=0.0, init=False)
    """Samples of the recording that the transforms left out at the beginning of a piece."""

    def windows(self, blocks: Iterator[Signal]) -> Iterator[Windows]:
        """Windows of one piece after the other.

        Args:
            blocks: of the recording, each of shape ``(channels, time)``.

        Raises:
            DataError: If the recording cannot be used, at its end at the latest.
        """
        size = max(1, round(self.block_seconds * self.sampling_rate))
        margin = round(MARGIN_SECONDS * self.sampling_rate)
        buffer, core, found, is_last = Buffer(blocks), 0.0, 0, False
        first, moves = buffer.samples[:, :1], np.zeros(len(buffer.samples), bool)
        while not is_last:
            buffer.fill(int(core) + 2 * size + margin)
            is_last = buffer.ended and buffer.stop <= core + 1.5 * size + margin
            stop = buffer.stop if is_last else int(core) + size + margin
            piece = buffer.samples[:, : stop - buffer.begin]
            self.seconds = stop / self.sampling_rate
            moves |= (piece != first).any(1)
            if is_last and stop - core < self.fewest - 1:
                break
            if not np.isfinite(piece).all():
                self.left_out_seconds += (stop - core) / self.sampling_rate
                core = float(stop)
                buffer.drop(stop)
                continue
            windows, end = self._cut(piece, buffer.begin, core, stop if is_last else stop - margin)
            found += len(windows.signal)
            yield windows
            size *= 1 if end > core else 2  # a window may be longer than a piece
            core = end
            buffer.drop(max(int(core - max(margin, self.lead)), buffer.begin))
        self._require(found, moves)

    def _require(self, found: int, moves: NDArray[np.bool_]) -> None:
        """Raise if a recording has no window, saying why: a channel that never changed, say."""
        if found:
            return
        if self.standing_seconds and not moves.all():
            raise ConstantChannelError(
                f"channel {int(np.flatnonzero(~moves)[0])} never changes: a dead sensor or a wrong "
                "column; choose another by --channel"
            )
        if self.standing_seconds:
            raise ConstantChannelError(
                "expected a running machine, in every window a channel never changes"
            )
        if self.left_out_seconds:
            raise NonFiniteSignalError(
                "expected finite samples, every piece of the recording holds NaN or infinite ones"
            )
        needed = self.fewest / self.sampling_rate
        raise TooShortError(
            f"expected one window ({needed:.3g} s) or more, got {self.seconds:.3g} s"
        )

    def _cut(self, piece: Signal, begin: int, core: float, reach: int) -> tuple[Windows, float]:
        """Windows of a piece, and where in the recording the last one ends.

        Args:
            piece: finite samples from ``begin`` on.
            begin: of the piece, in samples of the recording.
            core: where the first window begins, likewise; between two samples, if need be.
            reach: where the last window must end, likewise.
        """
        recording = self._transformed(piece)
        ratio = self._samples_of_one(recording)
        self.fewest = self.length * ratio
        origin = begin + self.lead
        core = max(core, origin)  # what is left out of the first piece has no windows
        first = round((core - origin) / ratio)
        usable = recording.num_samples
        if reach < begin + piece.shape[1]:
            usable = min(usable, int((reach - origin) / ratio))
        number = max(0, (usable - first) // self.length)
        used = recording.signal[:, first : first + number * self.length]
        windows = used.reshape(len(used), number, self.length).transpose(0, 1)
        places = core + self.fewest * np.arange(number + 1.0)  # roundings do not add up
        runs = moving(piece, places - begin)
        standing = number - int(runs.sum())
        self.standing_seconds += standing * self.fewest / self.sampling_rate
        self.left_out_seconds += standing * self.fewest / self.sampling_rate
        chosen = windows[torch.from_numpy(runs).to(windows.device)]
        return Windows(chosen, places[:-1][runs] / self.sampling_rate), float(places[-1])

    def _transformed(self, piece: Signal) -> Recording:
        """A piece after all transforms; how much its beginning has lost is noted."""
        self.pieces += 1
        signal = torch.from_numpy(np.ascontiguousarray(piece, np.float32)).to(self.device)
        recording = Recording(signal, self.sampling_rate, self.rpm, None, "", "piece")
        if self.expected_rate is not None:
            recording = Resample(self.expected_rate)(recording)
        self.lead = 0.0
        for transform in self.transforms:
            before, recording = recording, transform.to(self.device)(recording)
            self.lead += transform.lead(before, recording) * self._samples_of_one(before)
        return recording

    def _samples_of_one(self, recording: Recording) -> float:
        """Samples as measured for each one of a transformed recording."""
        if recording.axis == "time":
            return self.sampling_rate / recording.sampling_rate
        assert self.rpm is not None
        return self.sampling_rate * 60.0 / (self.rpm * recording.sampling_rate)


def moving(signal: Signal, places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether every channel changes between each place and the next, shape ``(places - 1,)``.

    Args:
        signal: shape ``(channels, time)``.
        places: in samples, rising.
    """
    changes = np.cumsum(np.diff(signal, prepend=signal[:, :1]) != 0, axis=1)
    whole = places.round().astype(np.int64)
    first, last = (one.clip(0, signal.shape[1] - 1) for one in (whole[:-1], whole[1:] - 1))
    moves: NDArray[np.bool_] = np.all(changes[:, last] > changes[:, first], axis=0)
    return moves
