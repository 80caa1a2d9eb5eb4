"""The files of the Paderborn bearing data: codes of bearings and conditions, how to read one."""

from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import scipy.io
import torch

from datamodules.claims import require_room, unpacked_mat
from datamodules.errors import MissingFileError, MissingVariableError
from datamodules.formats import Tracks, damaged_file
from datamodules.recording import Recording

Channel: TypeAlias = Literal["vibration_1", "phase_current_1", "phase_current_2"]

SAMPLING_RATE = 64000.0  # of vibration and currents; speed, torque and force have 4000
CONDITIONS = {  # speed, torque, force -> nominal revolutions per minute
    "N15_M07_F10": 1500.0,
    "N09_M07_F10": 900.0,
    "N15_M01_F10": 1500.0,
    "N15_M07_F04": 1500.0,
}
BEARINGS = {
    "healthy": ["K001", "K002", "K003", "K004", "K005", "K006"],
    # on one race, by use
    "used": [
        *("KA04", "KA15", "KA16", "KA22", "KA30"),
        *("KI04", "KI14", "KI16", "KI17", "KI18", "KI21"),
    ],
    # on both races, by use
    "both": ["KB23", "KB24", "KB27"],
    # on one race, by spark erosion, drilling or engraving
    "artificial": [
        *("KA01", "KA03", "KA05", "KA06", "KA07", "KA08", "KA09"),
        *("KI01", "KI03", "KI05", "KI07", "KI08"),
    ],
}
HOME = "https://mb.uni-paderborn.de/kat/datacenter"


def type_of(code: str) -> str:
    """Type of damage that the code of a bearing tells.

    Example:
        >>> [type_of(code) for code in ("K001", "KA04", "KI21", "KB23")]
        ['NC', 'OF', 'IF', 'IF+OF']
    """
    return {"A": "OF", "I": "IF", "B": "IF+OF"}.get(code[1], "NC")


def read_paderborn(
    root: Path, condition: str, bearing: str, measurement: int, *, label: str, channel: Channel
) -> Recording:
    """Read one measurement.

    Raises:
        MissingFileError: If the file is neither in the folder of its bearing nor in ``root``.
        UnreadableFileError: If it is damaged, as N15_M01_F10_KA08_2.mat of the provider is.
        MissingVariableError: If it does not hold the channel.
    """
    name = f"{condition}_{bearing}_{measurement}.mat"
    places = (root / bearing / name, root / name)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise MissingFileError(
            f"expected the file '{name}' in '{root / bearing}' or '{root}'; get {bearing}.rar "
            f"from {HOME} and unpack it there, or leave the bearing out"
        )
    tracks, rates = read_tracks(path)
    if channel not in tracks:
        found = ", ".join(tracks) or "none"
        raise MissingVariableError(
            f"'{path}': expected a channel '{channel}', found {found}; fetch the file again"
        )
    return Recording(
        signal=torch.from_numpy(tracks[channel].astype(np.float32))[None],
        sampling_rate=SAMPLING_RATE,
        rpm=float(tracks["speed"].mean()) if "speed" in tracks else CONDITIONS[condition],
        label=label,
        domain=condition,
        recording_id=path.stem,
        bearing_id=bearing,
        source=str(path),
        notes=_notes(path, "speed" in tracks, rates.get(channel, SAMPLING_RATE)),
    )


def _notes(path: Path, has_speed: bool, rate: float) -> tuple[str, ...]:
    """What a person should know about a file before believing its results."""
    notes = []
    if not has_speed:
        notes.append(f"{path.name}: no speed stored, took the nominal one")
    if abs(rate / SAMPLING_RATE - 1) > 1e-3:
        notes.append(f"{path.name}: its time axis says {rate:.0f} Hz, taken as 64000 Hz")
    return tuple(notes)


def read_tracks(path: Path) -> tuple[Tracks, dict[str, float]]:
    """Read the measured channels of a file.

    The file holds one structure named like itself, with ``Info``, ``X`` (time axes, each with the
    name of its ``Raster``), ``Y`` (channels with ``Name``, ``Raster`` and ``Data``) and
    ``Description``.

    Args:
        path: of the file.

    Returns:
        Channels by name, and the samples per second that the time axis of each tells, where it
        has one.

    Raises:
        UnreadableFileError: If the file is damaged or of another form.
    """
    with damaged_file(path):
        require_room(path, unpacked_mat(path))
        variables = scipy.io.loadmat(path, simplify_cells=True)
        (content,) = (value for name, value in variables.items() if not name.startswith("__"))
        axes = {axis.get("Raster"): np.ravel(axis["Data"]) for axis in _entries(content["X"])}
        channels = {channel["Name"]: channel for channel in _entries(content["Y"])}
        tracks = {name: np.ravel(channel["Data"]) for name, channel in channels.items()}
    times = {name: axes.get(channel.get("Raster")) for name, channel in channels.items()}
    rates = {
        name: float((len(time) - 1) / (time[-1] - time[0]))
        for name, time in times.items()
        if time is not None and len(time) > 1
    }
    return tracks, rates


def _entries(structure: Any) -> list[dict[str, Any]]:
    """Elements of a structure array; scipy gives a single one as itself."""
    return [structure] if isinstance(structure, dict) else list(structure)
