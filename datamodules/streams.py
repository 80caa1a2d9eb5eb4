"""Recordings read a block at a time: a day needs no more memory than a minute.

The formats are those of ``readers``, and so are the names of channels and the sentences about what
is wrong. MATLAB files and ``.npz`` archives cannot be read in parts; they are read whole, then cut.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from datamodules.errors import UnreadableFileError
from datamodules.formats import READERS, damaged_file
from datamodules.readers import Signal, pick, require_file
from datamodules.stream_formats import OPENERS, Blocks, open_whole


class Stream(NamedTuple):
    """A recording as it comes.

    Its blocks are float32 of shape ``(channels, time)``, one after the other.
    """

    blocks: Iterator[Signal]
    sampling_rate: float | None
    """In hertz, if the file itself tells it."""
    is_whole: bool
    """Whether the format cannot be read in parts, so that the file must fit in memory."""


def stream_signal(path: Path, channel: str = "", samples: int = 2**18) -> Stream:
    """Read one or several channels of a file, block by block.

    Args:
        path: see ``read_signal``.
        channel: likewise.
        samples: of a block; the last one may be shorter.

    Raises:
        DataError: As ``read_signal``; what is damaged further on, when its block is asked for.
    """
    suffix = path.suffix.lower()
    if suffix not in READERS:
        known = " ".join(READERS)
        raise UnreadableFileError(f"'{path}': expected one of {known}; convert it to one of these")
    require_file(path, "check the name and the folder")
    with damaged_file(path):
        blocks, rate = OPENERS.get(suffix, open_whole)(path, samples)
    return Stream(_picked(blocks, channel, path), rate, suffix not in OPENERS)


def _picked(blocks: Blocks, channel: str, path: Path) -> Iterator[Signal]:
    with damaged_file(path):
        yield pick(next(blocks, {}), channel, path)  # of a file without any, it says so
        for tracks in blocks:
            yield pick(tracks, channel, path)
