"""One function for each file format; every format becomes a table of named tracks.

Whatever a library says about a damaged file becomes one :class:`UnreadableFileError`.
"""

import importlib
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import scipy.io
from numpy.typing import NDArray
from scipy.io import wavfile

from datamodules.claims import require_room, unpacked_mat
from datamodules.csv_layout import csv_layout, is_number
from datamodules.errors import DataError, LockedFileError, TooLargeError, UnreadableFileError

ROWS = 2**17  # of a table read at a time
Tracks: TypeAlias = dict[str, NDArray[Any]]  # name -> one signal, or a matrix of several


@contextmanager
def damaged_file(path: Path) -> Iterator[None]:
    """Turn whatever a library raises on a damaged file into an :class:`UnreadableFileError`."""
    try:
        yield
    except DataError:
        raise
    except PermissionError as error:
        raise LockedFileError(
            f"'{path}': expected a file that may be read, permission was refused; see to its "
            "permissions"
        ) from error
    except MemoryError as error:  # often a header that claims what nobody has measured
        raise TooLargeError(
            f"'{path}' ({path.stat().st_size} bytes): expected samples that fit in memory, got "
            f"more ({error}); if the file is not as large, it is damaged: fetch it again"
        ) from error
    except Exception as error:  # each library has its own zoo of exceptions for a damaged file
        raise UnreadableFileError(
            f"'{path}' ({path.stat().st_size} bytes): expected a readable {path.suffix} file, got "
            f"{type(error).__name__}: {error}; it is truncated or of another format: fetch it again"
        ) from error


def _optional(module: str, path: Path) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UnreadableFileError(
            f"'{path}': expected the library {module.split('.')[0]}, which reads such files, "
            f"got {error}; pip install iadtln[readers]"
        ) from error


def read_mat(path: Path) -> Tracks:
    """Numeric variables of a MATLAB file, those of one value (rates, speeds) included."""
    with damaged_file(path):
        require_room(path, unpacked_mat(path))
        try:
            variables = scipy.io.loadmat(path)
        except NotImplementedError:  # MATLAB 7.3 files are HDF5 inside
            return _read_h5(path)[0]
    return {
        name: np.squeeze(value)
        for name, value in variables.items()
        if not name.startswith("__") and np.issubdtype(np.asarray(value).dtype, np.number)
    }


def _read_mat(path: Path) -> tuple[Tracks, None]:
    return {name: value for name, value in read_mat(path).items() if value.size > 1}, None


def _read_npy(path: Path) -> tuple[Tracks, None]:
    with path.open("rb") as file:  # np.load would take an archive too; a pickle could run code
        return {"array": np.lib.format.read_array(file, allow_pickle=False)}, None


def _read_npz(path: Path) -> tuple[Tracks, None]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        require_room(path, sum(member.file_size for member in archive.zip.infolist()))
        members = ((name, archive[name]) for name in archive.files)
        return {name: one for name, one in members if np.size(one) > 1}, None


def _read_csv(path: Path) -> tuple[Tracks, None]:
    """Columns of numbers; a row at a time they may be small, as text they never are."""
    pieces: dict[object, list[NDArray[Any]]] = {}
    with pd.read_csv(path, chunksize=ROWS, **csv_layout(path)) as tables:
        for table in tables:
            for name, column in table.items():
                pieces.setdefault(name, []).append(_slim(column))
    return {str(name).strip(): _joined(pieces.pop(name)) for name in [*pieces]}, None


def _slim(column: "pd.Series[Any]") -> NDArray[Any]:
    """A column as float32; one with text as the first of it, over and over in one place."""
    if column.dtype.kind in "biuf":
        with np.errstate(over="ignore"):  # 1e300 becomes infinite, which is said later
            return np.asarray(column, np.float32)
    values = column.to_numpy(object)
    try:
        return values.astype(np.float32)  # digits of other alphabets
    except ValueError:
        text = next(one for one in values if not is_number(one))
        return np.broadcast_to(np.array([text], object), len(column))


def _joined(pieces: list[NDArray[Any]]) -> NDArray[Any]:
    """Pieces of a column, one behind the other; if one is text, as long a column of that text."""
    text = next((piece for piece in pieces if piece.dtype.kind == "O"), None)
    if text is None:
        return np.concatenate(pieces)
    return np.broadcast_to(text[:1], sum(map(len, pieces)))


def _read_wav(path: Path) -> tuple[Tracks, float]:
    """Samples as a part of full scale; scipy returns 24-bit samples as the top of 32-bit ones."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Chunk .* not understood")  # a recorder's notes
        warnings.filterwarnings("error", message="Reached EOF")
        rate, samples = wavfile.read(path)
    return {"samples": full_scale(samples).T}, float(rate)


def full_scale(samples: NDArray[Any]) -> NDArray[Any]:
    """Samples as a part of full scale, float32 if they were integers: of powers of two, exact."""
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / 128
    if np.issubdtype(samples.dtype, np.integer):
        parts = samples.astype(np.float32)
        parts *= -1.0 / np.iinfo(samples.dtype).min
        return parts
    return samples


def _read_parquet(path: Path) -> tuple[Tracks, None]:
    library = _optional("pyarrow.parquet", path)
    about = library.read_metadata(path)
    require_room(path, 8 * about.num_rows * about.num_columns)
    table = library.read_table(path)
    return {name: table[name].to_numpy() for name in table.column_names}, None


def _read_h5(path: Path) -> tuple[Tracks, None]:
    h5py = _optional("h5py", path)
    with h5py.File(path) as file:
        return {name: np.squeeze(item[()]) for name, item in h5_numbers(path, file).items()}, None


def h5_numbers(path: Path, file: Any) -> dict[str, Any]:
    """Numeric data sets of an open HDF5 file; none of them is empty chunks alone."""
    found: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        if getattr(item, "dtype", np.dtype("V")).kind in "iuf" and item.size > 1:
            found[name] = item

    file.visititems(visit)
    require_room(path, sum(item.size * item.dtype.itemsize for item in found.values()))
    return found


def _read_tdms(path: Path) -> tuple[Tracks, float | None]:
    file = nptdms(path).read(path)
    channels = [channel for group in file.groups() for channel in group.channels()]
    if file.file_status.incomplete_final_segment or not channels:
        raise ValueError("its last segment is incomplete")  # nptdms itself only logs it
    steps = {channel.properties.get("wf_increment") for channel in channels} - {None, 0.0}
    tracks = {f"{channel.group_name}/{channel.name}": channel[:] for channel in channels}
    return tracks, float(f"{1.0 / steps.pop():.10g}") if len(steps) == 1 else None  # 1 / 1e-5


def nptdms(path: Path) -> Any:
    """The reader of the library nptdms, which would log bytes of a damaged file."""
    library = _optional("nptdms", path).TdmsFile
    _optional("nptdms.log", path).log_manager.set_level(logging.CRITICAL)
    return library


READERS: dict[str, Callable[[Path], tuple[Tracks, float | None]]] = {
    ".mat": _read_mat,
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".csv": _read_csv,
    ".txt": _read_csv,
    ".wav": _read_wav,
    ".parquet": _read_parquet,
    ".h5": _read_h5,
    ".hdf5": _read_h5,
    ".tdms": _read_tdms,
}
