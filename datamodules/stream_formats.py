"""One function for each file format that can be read in parts: named tracks, block by block."""

import warnings
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.io import wavfile

from datamodules.claims import require_room
from datamodules.csv_layout import csv_layout
from datamodules.formats import (
    READERS,
    Tracks,
    _optional,
    full_scale,
    h5_numbers,
    nptdms,
)

Blocks: TypeAlias = Iterator[Tracks]
Read: TypeAlias = Callable[[tuple[slice, ...]], NDArray[Any]]


def _slices(shape: tuple[int, ...], read: Read, samples: int) -> Iterator[NDArray[Any]]:
    """Blocks of a vector or matrix, channels first.

    A tail with fewer samples than channels is left out: it would be taken for its transpose.

    Args:
        shape: of the whole.
        read: returns a part of it, in memory.
        samples: of a block.
    """
    if len(shape) > 2:  # a sentence of ``pick``
        yield read((slice(None),) * len(shape))
        return
    is_upright = len(shape) == 2 and shape[0] > shape[1]  # time comes first
    channels, length = (1, *shape)[-2:] if not is_upright else shape[::-1]
    for start in range(0, length, samples):
        part = slice(start, min(start + samples, length))
        if start and part.stop - part.start < channels:
            return
        if is_upright:
            yield read((part, slice(None))).T
        else:
            yield read((slice(None), part)[2 - len(shape) :])


def _of_array(load: Callable[[], NDArray[Any]], samples: int) -> Iterator[NDArray[Any]]:
    """Blocks of an array on disk, mapped for each block anew: no mapping stays and grows."""
    return _slices(load().shape, lambda index: np.array(load()[index]), samples)


def _named(name: str, pieces: Iterator[NDArray[Any]]) -> Blocks:
    return ({name: piece} for piece in pieces)


def open_whole(path: Path, samples: int) -> tuple[Blocks, float | None]:
    """Blocks of a file that must be read at once, and its sampling rate if it tells it."""
    tracks, rate = READERS[path.suffix.lower()](path)
    return _together({n: _slices(t.shape, t.__getitem__, samples) for n, t in tracks.items()}), rate


def _together(tracks: dict[str, Iterator[NDArray[Any]]]) -> Blocks:
    """Blocks of several tracks; one that ends before the others has empty blocks from then on."""
    while block := {name: piece for name, pieces in tracks.items() for piece in _next(pieces)}:
        yield {name: block.get(name, np.empty(0)) for name in tracks}


def _next(pieces: Iterator[NDArray[Any]]) -> list[NDArray[Any]]:
    return [piece for piece in [next(pieces, None)] if piece is not None]


def _open_npy(path: Path, samples: int) -> tuple[Blocks, None]:
    def load() -> NDArray[Any]:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return array

    load()
    return _named("array", _of_array(load, samples)), None


def _open_wav(path: Path, samples: int) -> tuple[Blocks, float | None]:
    def load() -> NDArray[Any]:
        return _mapped_wav(path)[1]

    try:
        rate, _ = _mapped_wav(path)
    except ValueError as error:
        if "mmap" not in str(error):
            raise
        return _open_odd_wav(path, samples)  # 24 bits are no type of numpy's
    return _named("samples", map(full_scale, _of_array(load, samples))), float(rate)


def _mapped_wav(path: Path) -> tuple[int, NDArray[Any]]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Chunk .* not understood")  # a recorder's notes
        warnings.filterwarnings("error", message="Reached EOF")
        rate, array = wavfile.read(path, mmap=True)
    return rate, array


def _open_odd_wav(path: Path, samples: int) -> tuple[Blocks, float | None]:
    try:
        with wave.open(str(path)) as file:
            form = file.getparams()
    except wave.Error:  # before Python 3.12 it knows no extensible header
        return open_whole(path, samples)
    if form.sampwidth != 3:
        return open_whole(path, samples)

    def blocks() -> Blocks:
        with wave.open(str(path)) as file:
            for start in range(0, form.nframes, samples):
                content = file.readframes(min(samples, form.nframes - start))
                octets = np.frombuffer(content, np.uint8).reshape(-1, form.nchannels, 3)
                if len(octets) < min(samples, form.nframes - start):
                    raise ValueError("it ends before its last frame")
                top = np.zeros((*octets.shape[:2], 4), np.uint8)
                top[..., 1:] = octets  # little endian: the three upper octets of four
                yield {"samples": (top.view("<i4")[..., 0] / 2.0**31).T}

    return blocks(), float(form.framerate)


def _open_csv(path: Path, samples: int) -> tuple[Blocks, None]:
    def blocks() -> Blocks:
        with pd.read_csv(path, chunksize=samples, **csv_layout(path)) as tables:
            for table in tables:
                yield {str(name).strip(): column.to_numpy() for name, column in table.items()}

    return blocks(), None


def _open_parquet(path: Path, samples: int) -> tuple[Blocks, None]:
    file = _optional("pyarrow.parquet", path).ParquetFile(path)
    require_room(path, 8 * file.metadata.num_rows * file.metadata.num_columns)
    batches = file.iter_batches(samples)
    return (
        {n: batch.column(n).to_numpy(zero_copy_only=False) for n in batch.schema.names}
        for batch in batches
    ), None


def _open_h5(path: Path, samples: int) -> tuple[Blocks, None]:
    h5py = _optional("h5py", path)
    file = h5py.File(path)

    def pieces(item: Any) -> Iterator[NDArray[Any]]:
        def read(index: tuple[slice, ...]) -> NDArray[Any]:
            kept = iter(index)
            array: NDArray[Any] = item[tuple(next(kept) if n > 1 else 0 for n in item.shape)]
            return array

        return _slices(tuple(n for n in item.shape if n > 1), read, samples)

    return _together({name: pieces(one) for name, one in h5_numbers(path, file).items()}), None


def _open_tdms(path: Path, samples: int) -> tuple[Blocks, float | None]:
    library = nptdms(path)
    with path.open("rb") as file:  # the library leaves a broken file open
        about = library.read_metadata(file)
        channels = [channel for group in about.groups() for channel in group.channels()]
    if about.file_status.incomplete_final_segment or not channels:
        raise ValueError("its last segment is incomplete")  # nptdms itself only logs it
    steps = {channel.properties.get("wf_increment") for channel in channels} - {None, 0.0}
    rate = float(f"{1.0 / steps.pop():.10g}") if len(steps) == 1 else None  # 1 / 1e-5
    lengths = [len(channel) for channel in channels]

    def blocks() -> Blocks:
        with path.open("rb") as file, library.open(file) as opened:
            tracks = [opened[channel.group_name][channel.name] for channel in channels]
            for start in range(0, max(lengths), samples):
                stops = [min(start + samples, length) for length in lengths]
                yield {
                    f"{track.group_name}/{track.name}": track[min(start, stop) : stop]
                    for track, stop in zip(tracks, stops, strict=True)
                }

    return blocks(), rate


OPENERS: dict[str, Callable[[Path, int], tuple[Blocks, float | None]]] = {
    ".npy": _open_npy,
    ".csv": _open_csv,
    ".txt": _open_csv,
    ".wav": _open_wav,
    ".parquet": _open_parquet,
    ".h5": _open_h5,
    ".hdf5": _open_h5,
    ".tdms": _open_tdms,
}
