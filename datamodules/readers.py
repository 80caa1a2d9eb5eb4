"""Measured signals from files in other people's formats."""

import os
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from datamodules.errors import MissingFileError, MissingVariableError, UnreadableFileError
from datamodules.formats import READERS, Tracks, damaged_file

Signal: TypeAlias = NDArray[np.float32]


def data_root(name: str, root: str | None = None) -> Path:
    """Folder of a data set: ``root``, or ``name`` under ``$IADTLN_DATA_DIR`` (or ``data``).

    Example:
        >>> data_root("cwru", "/measured/cwru").as_posix()
        '/measured/cwru'
    """
    return Path(root) if root else Path(os.environ.get("IADTLN_DATA_DIR") or "data") / name


def require_file(path: Path, remedy: str) -> Path:
    """Return ``path`` if it is a file.

    Raises:
        MissingFileError: If it is not; the sentence ends with ``remedy``.
    """
    try:
        found, why = path.is_file(), ""
    except OSError as error:  # a name of 300 characters, a folder that may not be entered
        found, why = False, f" ({error.strerror})"
    if not found:
        raise MissingFileError(f"expected the file '{path.name}' in '{path.parent}'{why}; {remedy}")
    return path


def read_signal(path: Path, channel: str = "") -> tuple[Signal, float | None]:
    """Read one or several channels of a file.

    Args:
        path: a ``.mat .npy .npz .csv .txt .wav .parquet .h5 .hdf5`` or ``.tdms`` file.
        channel: name of a variable or column, or its number counted from 0, or several joined by
            ``+``; empty for the only signal of a file.

    Returns:
        The signal, shape ``(channels, time)``, float32, and the sampling rate in hertz if the
        file itself tells it (``.wav``, ``.tdms``), else None.

    Raises:
        MissingFileError: If there is no such file.
        UnreadableFileError: If it is damaged, of another format or needs a missing library.
        MissingVariableError: If it has no such channel, or several where none was named.
    """
    read = READERS.get(path.suffix.lower())
    if read is None:
        known = " ".join(READERS)
        raise UnreadableFileError(f"'{path}': expected one of {known}; convert it to one of these")
    require_file(path, "check the name and the folder")
    with damaged_file(path):
        tracks, sampling_rate = read(path)
    return pick(tracks, channel, path), sampling_rate


def pick(tracks: Tracks, channel: str, path: Path) -> Signal:
    """Return the named or numbered ``channel`` of ``tracks``, shape ``(channels, time)``."""
    together = channel in tracks  # a column may have a + in its name
    names = [channel] if together else [name.strip() for name in channel.split("+")]
    rows = [_pick_one(tracks, name, path) for name in names]
    if len({row.shape[-1] for row in rows}) > 1:
        lengths = ", ".join(f"'{n}' {row.shape[-1]}" for n, row in zip(names, rows, strict=True))
        raise UnreadableFileError(
            f"'{path}': expected channels of one length, got {lengths} samples; "
            "read them as separate recordings"
        )
    return np.concatenate(rows) if len(rows) > 1 else rows[0]


def _pick_one(tracks: Tracks, name: str, path: Path) -> Signal:
    if name in tracks:
        return _rows(tracks[name], name, path)
    if not name and len(tracks) == 1:
        ((name, track),) = tracks.items()
        return _rows(track, name, path)
    if name.isdecimal():
        numbered = [(n, i) for n, track in tracks.items() for i in range(_num_rows(track))]
        if int(name) < len(numbered):
            found, row = numbered[int(name)]
            return _rows(tracks[found], found, path)[row : row + 1]
    wanted = f"a channel '{name}'" if name else "one signal, as no channel is named"
    found = ", ".join(f"'{n}' {np.shape(track)}" for n, track in tracks.items()) or "none"
    raise MissingVariableError(
        f"'{path}': expected {wanted}, found {found}; name one of these, or its number from 0"
    )


def _num_rows(track: NDArray[Any]) -> int:
    return 1 if track.ndim < 2 else min(track.shape)


def _rows(track: NDArray[Any], name: str, path: Path) -> Signal:
    """A vector or matrix as ``(channels, time)``: time is the longer side."""
    if track.ndim > 2 or track.dtype.kind in "cmMV":  # complex, times, bytes without a meaning
        raise UnreadableFileError(
            f"'{path}': expected real numbers of shape (time,) or (channels, time) in '{name}', "
            f"got {track.dtype} of shape {track.shape}; choose another channel"
        )
    try:
        with np.errstate(over="ignore"):  # 1e300 becomes infinite, which is said later
            rows = np.atleast_2d(track).astype(np.float32, copy=False)
    except (ValueError, TypeError) as error:
        raise UnreadableFileError(
            f"'{path}': expected numbers in '{name}', got text ({error}); mend the file"
        ) from error
    return np.require(rows.T if rows.shape[0] > rows.shape[1] else rows, requirements=["C", "W"])
