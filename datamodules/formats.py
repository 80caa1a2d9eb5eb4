"""One function for each file format; every format becomes a table of named tracks.

Whatever a library says about a damaged file becomes one :class:`UnreadableFileError`.
"""

import importlib
import re
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

from datamodules.errors import DataError, UnreadableFileError

Tracks: TypeAlias = dict[str, NDArray[Any]]  # name -> one signal, or a matrix of several


@contextmanager
def damaged_file(path: Path) -> Iterator[None]:
    """Turn whatever a library raises on a damaged file into an :class:`UnreadableFileError`."""
    try:
        yield
    except (DataError, MemoryError, PermissionError):  # not the fault of the file
        raise
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
    return {"array": np.load(path, allow_pickle=False)}, None  # a pickle could run code


def _read_npz(path: Path) -> tuple[Tracks, None]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files if archive[name].size > 1}, None


def _read_csv(path: Path) -> tuple[Tracks, None]:
    """Columns of numbers."""
    table = pd.read_csv(path, **csv_layout(path))
    return {str(name).strip(): column.to_numpy() for name, column in table.items()}, None


def csv_layout(path: Path) -> dict[str, Any]:
    """Separator, decimal comma and header line, told from two lines, as ``read_csv`` takes them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = (file.readline() for _ in range(32))
        lines = [line for line in head if line.strip() and not line.startswith("#")]
    first, second = (lines * 2 or ["", ""])[:2]
    separator = next((s for s in (";", "\t", ",") if s in first), r"\s+")
    decimal = "," if separator != "," and "," in second else "."
    fields = re.split(separator, first.strip())
    numbers = all(_is_number(field.strip('" ').replace(decimal, ".")) for field in fields)
    return {
        "sep": separator,
        "decimal": decimal,
        "header": None if numbers else 0,
        "comment": "#",
        "encoding": "utf-8-sig",
    }


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_wav(path: Path) -> tuple[Tracks, float]:
    """Samples as a part of full scale; scipy returns 24-bit samples as the top of 32-bit ones."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Chunk .* not understood")  # a recorder's notes
        warnings.filterwarnings("error", message="Reached EOF")
        rate, samples = wavfile.read(path)
    if samples.dtype == np.uint8:
        samples = samples.astype(np.int16) - 128
        return {"samples": samples.T / 128.0}, float(rate)
    if np.issubdtype(samples.dtype, np.integer):
        samples = samples / -float(np.iinfo(samples.dtype).min)
    return {"samples": samples.T}, float(rate)


def _read_parquet(path: Path) -> tuple[Tracks, None]:
    table = _optional("pyarrow.parquet", path).read_table(path)
    return {name: table[name].to_numpy() for name in table.column_names}, None


def _read_h5(path: Path) -> tuple[Tracks, None]:
    h5py = _optional("h5py", path)
    tracks: Tracks = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf" and item.size > 1:
            tracks[name] = np.squeeze(item[()])

    with h5py.File(path) as file:
        file.visititems(visit)
    return tracks, None


def _read_tdms(path: Path) -> tuple[Tracks, float | None]:
    file = _optional("nptdms", path).TdmsFile.read(path)
    channels = [channel for group in file.groups() for channel in group.channels()]
    if file.file_status.incomplete_final_segment or not channels:
        raise ValueError("its last segment is incomplete")  # nptdms itself only logs it
    steps = {channel.properties.get("wf_increment") for channel in channels} - {None, 0.0}
    tracks = {f"{channel.group_name}/{channel.name}": channel[:] for channel in channels}
    return tracks, float(f"{1.0 / steps.pop():.10g}") if len(steps) == 1 else None  # 1 / 1e-5


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
