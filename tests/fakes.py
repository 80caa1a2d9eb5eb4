"""Tiny files in every provider's own format, with the surprises of the real ones."""

import os
import struct
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import h5py
import nptdms
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.io
from numpy.typing import NDArray
from scipy.io import wavfile

from datamodules import femto as femto_files
from datamodules import ims as ims_files
from datamodules import jnu as jnu_files
from datamodules import ottawa as ottawa_files
from datamodules import paderborn_files
from datamodules.cwru_files import FAULTS, NOMINAL_RPM, NORMAL, Position
from datamodules.hit_sm import FILES, SPEEDS


def tone(
    frequency_hz: float, sampling_rate: float, num_samples: int, seed: int = 0
) -> NDArray[Any]:
    """A sine of amplitude 1 with a little noise, shape ``(num_samples,)``, float64."""
    noise = np.random.default_rng(seed).standard_normal(num_samples)
    time = np.arange(num_samples) / sampling_rate
    return np.sin(2 * np.pi * frequency_hz * time) + 0.1 * noise


def settled(path: Path) -> Path:
    """The file as if written a minute ago, so that nobody waits for its writer."""
    os.utime(path, (time.time() - 60, time.time() - 60))
    return path


def truncate(path: Path, share: float = 0.5) -> Path:
    """Keep the first part of a file, as a broken download does."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def cwru_file(
    root: Path,
    number: int,
    *,
    variables: Sequence[int] | None = None,
    frequency_hz: float = 100.0,
    sampling_rate: float = 12000.0,
    num_samples: int = 4096,
    rpm: int | None = 1796,
) -> Path:
    """Write ``number.mat``; variable names carry ``variables``, by default the file's number.

    174.mat of the provider holds X173, 99.mat X098 and X099, 217.mat X215.
    """
    content: dict[str, Any] = {}
    for i, name in enumerate([number] if variables is None else variables):
        signal = tone(frequency_hz, sampling_rate, num_samples, seed=number + 1000 * i)
        content[f"X{name:03d}_DE_time"] = signal[:, None]
        content[f"X{name:03d}_FE_time"] = 0.5 * signal[:, None]
        if rpm is not None:
            content[f"X{name:03d}RPM"] = np.array([[rpm + i]], dtype=np.uint16)
    return _save_mat(root / f"{number}.mat", content)


def cwru(
    root: Path,
    loads: Sequence[int] = (0, 1, 2, 3),
    sampling_rate: int = 12000,
    position: Position = "drive",
    num_samples: int = 4096,
) -> Path:
    """Write a whole set; the frequency of the tone tells the fault."""
    for load in loads:
        cwru_file(
            root,
            NORMAL[load],
            frequency_hz=500.0,
            sampling_rate=48000.0,
            num_samples=4 * num_samples,
            rpm=int(NOMINAL_RPM[load]) - 1,
        )
        for i, numbers in enumerate(FAULTS[position, sampling_rate].values()):
            number = numbers[load]
            if number is not None:
                cwru_file(
                    root,
                    number,
                    frequency_hz=1000.0 + 400.0 * i,
                    sampling_rate=sampling_rate,
                    num_samples=num_samples,
                    rpm=int(NOMINAL_RPM[load]) - 1,
                )
    return root


def hit_sm(
    root: Path, folder: str = ".", speeds: Sequence[int] = SPEEDS, num_samples: int = 4096
) -> Path:
    """Write one rig of HIT-SM; names inside the files do not tell the class."""
    rig = sum(map(ord, folder))  # no two rigs measure the same samples
    for i, name in enumerate(FILES.values()):
        for rpm in speeds:
            signal = tone(1000.0 + 1500.0 * i, 51200.0, num_samples, seed=rpm + i + rig)
            gain = 0.001 if name == "Normal" else 0.1  # as the provider's gains differ
            variable = "VarName3" if name == "Normal" else f"z{rpm // 60}_1"
            _save_mat(root / folder / f"{name}_{rpm}.mat", {variable: gain * signal[:, None]})
    return root


def jnu(root: Path, speeds: Sequence[int] = jnu_files.SPEEDS, num_samples: int = 4096) -> Path:
    """Write JNU's files: one column without a header, five decimals."""
    root.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(jnu_files.FILES.values()):
        for rpm in speeds:
            signal = tone(1000.0 + 1500.0 * i, 50000.0, num_samples, seed=rpm + i)
            np.savetxt(root / name.format(rpm=rpm), signal, fmt="%.5f")
    return root


def _save_mat(path: Path, content: Mapping[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(path, dict(content))
    return path


def measured(path: Path, signals: Mapping[str, NDArray[Any]], sampling_rate: int = 8000) -> Path:
    """Write named signals of one length in the format that the suffix of ``path`` says.

    ``.npy`` and ``.wav`` keep the order but not the names; ``.wav`` is 32-bit float.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    matrix = np.stack(list(signals.values()), axis=1)  # (time, channels)
    match path.suffix:
        case ".mat":
            _save_mat(path, {name: signal[:, None] for name, signal in signals.items()})
        case ".npy":
            np.save(path, matrix.T)
        case ".npz":
            np.savez(path, **dict(signals))
        case ".csv" | ".txt":
            header = ",".join(signals)
            np.savetxt(path, matrix, delimiter=",", header=header, comments="")
        case ".wav":
            wavfile.write(path, sampling_rate, matrix.astype(np.float32))
        case ".parquet":
            pq.write_table(pa.table(dict(signals)), path)
        case ".h5" | ".hdf5":
            with h5py.File(path, "w") as file:
                for name, signal in signals.items():
                    file.create_dataset(name, data=signal)
        case ".tdms":
            _save_tdms(path, signals, sampling_rate)
    return path


def _save_tdms(path: Path, signals: Mapping[str, NDArray[Any]], sampling_rate: int) -> None:
    step = {"wf_increment": 1.0 / sampling_rate}
    channels = [nptdms.ChannelObject("rig", n, signal, step) for n, signal in signals.items()]
    with nptdms.TdmsWriter(path) as writer:
        writer.write_segment(channels)


def wav_24_bit(path: Path, samples: Sequence[int], sampling_rate: int = 44100) -> Path:
    """Write integers from -2**23 to 2**23 - 1, with a recorder's own chunk before the data."""
    data = b"".join(struct.pack("<i", sample)[:3] for sample in samples)
    data += b"\0" * (len(data) % 2)
    form = struct.pack("<HHIIHH", 1, 1, sampling_rate, 3 * sampling_rate, 3, 24)
    chunks = b"".join(
        name + struct.pack("<I", len(content)) + content
        for name, content in ((b"fmt ", form), (b"bext", b"made by a recorder  "), (b"data", data))
    )
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


def manifest(path: Path, rows: Sequence[Mapping[str, object]], separator: str = ",") -> Path:
    """Write a manifest; its columns are the keys of the first row."""
    lines = [separator.join(rows[0]), *(separator.join(map(str, r.values())) for r in rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def everything(root: Path) -> Path:
    """Write what every YAML in ``configs/`` reads, long enough for a window in each part."""
    cwru(root / "cwru", num_samples=16384)
    hit_sm(root / "hit_sm", num_samples=208896)  # 40.8 revolutions at 600 rpm
    hit_sm(root / "hit_sm", "self", speeds=[600], num_samples=16384)
    jnu(root / "jnu", num_samples=32768)
    femto(root / "femto", ["Bearing1_2", "Bearing3_1"])
    ims(root / "ims", ["1st_test", "2nd_test"])
    ottawa(root / "ottawa", speeds="AB", num_samples=81920)  # 20 turns
    paderborn(root / "paderborn", ["N15_M07_F10", "N09_M07_F10"], num_samples=16384)
    for supply_hz in (20, 40, 60):
        for i, label in enumerate(("healthy", "unbalance", "bearing")):
            samples = 2**20 * tone(200.0 + 300.0 * i, 44100.0, 3 * 44100, seed=supply_hz)
            name = root / "motor_sound" / f"{label}_{supply_hz}Hz.wav"
            name.parent.mkdir(parents=True, exist_ok=True)
            wav_24_bit(name, samples.astype(int).tolist())
    rows = [
        {"file": path.name, "label": path.stem.split("_")[0], "supply_hz": path.stem[-4:-2]}
        for path in sorted((root / "motor_sound").glob("*.wav"))
    ]
    manifest(root / "motor_sound" / "manifest.csv", rows)
    return root


def ottawa_file(
    path: Path,
    turns_per_second: tuple[float, float] = (15.0, 25.0),
    order: float = 5.0,
    num_samples: int = 100000,
    pulses_per_revolution: int = 1024,
) -> Path:
    """Write vibration of one order of the shaft and the square wave of its encoder, 0 to 5 V."""
    time = np.arange(num_samples) / ottawa_files.SAMPLING_RATE
    first, last = turns_per_second
    turns = first * time + (last - first) * time**2 / (2 * time[-1])
    noise = np.random.default_rng(crc32(path.stem.encode())).standard_normal(num_samples)
    vibration = np.sin(2 * np.pi * order * turns) + 0.1 * noise
    pulses = 5.0 * ((turns * pulses_per_revolution) % 1.0 < 0.5)
    return _save_mat(path, {"Channel_1": vibration[:, None], "Channel_2": pulses[:, None]})


def ottawa(
    root: Path,
    speeds: Sequence[str] = ottawa_files.SPEEDS,
    classes: Sequence[str] = ("NC", "IF", "OF"),
    num_samples: int = 16384,
    *,
    in_folders: bool = False,
) -> Path:
    """Write a release of Ottawa's data; the shaft is fast, so that few samples are many turns."""
    ramps = {"A": (40.0, 60.0), "B": (60.0, 40.0), "C": (45.0, 55.0), "D": (55.0, 45.0)}
    for i, label in enumerate(classes):
        folder = root / ottawa_files.FOLDERS[label] if in_folders else root
        for speed in speeds:
            for trial in ottawa_files.TRIALS:
                name = f"{ottawa_files.LETTERS[label]}-{speed}-{trial}.mat"
                ottawa_file(folder / name, ramps[speed], 10.0 + 20 * i, num_samples)
    return root


def paderborn_file(
    folder: Path,
    name: str,
    *,
    frequency_hz: float = 1000.0,
    rpm: float = 1500.0,
    num_samples: int = 16384,
    sampling_rate: float = 64000.0,
    without: Sequence[str] = (),
) -> Path:
    """Write one measurement in the provider's nested form: three rasters, seven channels."""
    seconds = num_samples / sampling_rate
    rates = {"Mech_4kHz": 4000.0, "HostService": sampling_rate, "Temp_1Hz": 1.0}
    times = {
        raster: np.arange(max(2, int(seconds * rate))) / rate for raster, rate in rates.items()
    }
    slow, fast = times["Mech_4kHz"], times["HostService"]
    seed = crc32(name.encode())
    signals = {
        "force": ("Mech_4kHz", np.full(len(slow), 1000.0)),
        "phase_current_1": ("HostService", tone(100.0, sampling_rate, len(fast), seed + 1)),
        "phase_current_2": ("HostService", tone(100.0, sampling_rate, len(fast), seed + 2)),
        "speed": ("Mech_4kHz", rpm + 2.0 * np.sin(2 * np.pi * 50 * slow)),
        "temp_2_bearing_module": ("Temp_1Hz", np.full(2, 45.0)),
        "torque": ("Mech_4kHz", np.full(len(slow), 0.7)),
        "vibration_1": ("HostService", tone(frequency_hz, sampling_rate, len(fast), seed)),
    }
    x_type = [(field, object) for field in ("Name", "Type", "Data", "Raster")]
    axes = [("", 2, time[None], raster) for raster, time in times.items()]
    kept = [(n, 2, data[None], raster) for n, (raster, data) in signals.items() if n not in without]
    content = {
        "Info": {"Filetype": "MAT", "Creator": "fake"},
        "X": np.array(axes, dtype=x_type)[None],
        "Y": np.array(kept, dtype=x_type)[None],
        "Description": {"General": {"Location": "Paderborn"}},
    }
    return _save_mat(folder / f"{name}.mat", {name: content})


def paderborn(
    root: Path,
    conditions: Sequence[str] = tuple(paderborn_files.CONDITIONS),
    bearings: Sequence[str] = ("K001", "K002", "KA04", "KA15", "KI04", "KI14"),
    measurements: int = 5,
    num_samples: int = 10240,
) -> Path:
    """Write Paderborn's data, a folder for each bearing; the tone tells the bearing."""
    for i, bearing in enumerate(bearings):
        for condition in conditions:
            for measurement in range(1, measurements + 1):
                paderborn_file(
                    root / bearing,
                    f"{condition}_{bearing}_{measurement}",
                    frequency_hz=1000.0 + 800.0 * i,
                    rpm=paderborn_files.CONDITIONS[condition] - 1.0,
                    num_samples=num_samples,
                )
    return root


SHARES_OF_LIFE = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 0.96, 0.98, 1.0)


def worn(share: float, sampling_rate: float, num_samples: int, seed: int) -> NDArray[Any]:
    """A tone of 1 kHz, and one of 4 kHz beside it in the last tenth of a life."""
    late = 4.0 * (share > 0.9) * tone(4000.0, sampling_rate, num_samples, seed + 1)
    return tone(1000.0, sampling_rate, num_samples, seed) + late


def femto_file(
    folder: Path,
    number: int,
    share: float = 0.0,
    num_samples: int = 2560,
    separator: str = ",",
    begin_seconds: float = 32000.0,
) -> Path:
    """Write one snapshot: time of day, then horizontal and vertical acceleration."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = (begin_seconds + 10.0 * number) % 86400.0
    rows = np.zeros((num_samples, 6))
    rows[:, 0], rows[:, 1], rows[:, 2] = clock // 3600, clock % 3600 // 60, clock % 60 // 1
    rows[:, 3] = 1e6 * (clock % 1) + np.arange(num_samples) * 1e6 / femto_files.SAMPLING_RATE
    seed = crc32(f"{folder.name}-{number}".encode())
    for column in (4, 5):
        rows[:, column] = worn(share, femto_files.SAMPLING_RATE, num_samples, seed + 10 * column)
    path = folder / f"acc_{number:05d}.csv"
    np.savetxt(path, rows, fmt=["%d", "%d", "%d", "%.5g", "%.3f", "%.3f"], delimiter=separator)
    return path


def femto(root: Path, bearings: Sequence[str], shares: Sequence[float] = SHARES_OF_LIFE) -> Path:
    """Write snapshots of FEMTO's bearings at these shares of their lives."""
    for bearing in bearings:
        for share in shares:
            number = max(1, round(share * femto_files.LIVES[bearing]))
            femto_file(root / "Learning_set" / bearing, number, share)
    return root


def ims_file(
    folder: Path, name: str, share: float = 0.0, channels: int = 4, num_samples: int = 4096
) -> Path:
    """Write one snapshot of IMS: a column a channel, three decimals, tabs, no suffix."""
    folder.mkdir(parents=True, exist_ok=True)
    seed = crc32(f"{folder.name}-{name}".encode())
    rate = ims_files.SAMPLING_RATE
    columns = [worn(share, rate, num_samples, seed + 10 * i) for i in range(channels)]
    np.savetxt(folder / name, np.stack(columns, 1), fmt="%.3f", delimiter="\t")
    return folder / name


def ims(root: Path, tests: Sequence[str], shares: Sequence[float] = SHARES_OF_LIFE) -> Path:
    """Write snapshots of tests of IMS at these shares of their documented time."""
    for test in tests:
        first, last = (datetime.strptime(t, ims_files.STAMP) for t in ims_files.LIVES[test])
        for share in shares:
            name = (first + share * (last - first)).strftime(ims_files.STAMP)
            ims_file(root / test, name, share, channels=8 if test == "1st_test" else 4)
    return root
