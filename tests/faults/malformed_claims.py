"""Files that say what is not so: sizes without samples, packed emptiness, code for data.

Each maker writes one file into a folder and returns its path; ``CLAIMS`` lists them all.
"""

import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import h5py
import nptdms
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.io
from scipy.io import wavfile

from tests import fakes

HUGE = 10**12  # samples that a header claims
PAYLOAD = "payload_ran"  # file that code in a bad input makes, where it is run


class Touch:
    """Unpickled, it leaves a file in the working folder."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {PAYLOAD}",)


def npy_header(shape: str, kind: str = "<f8") -> bytes:
    """Header of version 1 with a shape as it is written."""
    said = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    said += b" " * (64 - (len(said) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(said)) + said


def _npy(path: Path, array: Any) -> Path:
    np.save(path, array, allow_pickle=True)
    return path


def _bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _npz_bomb(folder: Path) -> Path:
    np.savez_compressed(folder / "bomb.npz", x=np.zeros(2**24))  # 128 MiB in 128 KiB
    return folder / "bomb.npz"


def _mat_bomb(folder: Path) -> Path:
    scipy.io.savemat(folder / "bomb.mat", {"x": np.zeros(2**24)}, do_compression=True)
    return folder / "bomb.mat"


def _mat(folder: Path, name: str, value: Any) -> Path:
    scipy.io.savemat(folder / f"{name}.mat", {"x": value})
    return folder / f"{name}.mat"


def _mat_dimensions(folder: Path) -> Path:
    """The only matrix of a file claims 2**31 - 1 rows; its data are 40 samples."""
    path = _mat(folder, "dimensions", np.arange(40.0)[:, None])
    return _bytes(
        path, path.read_bytes().replace(struct.pack("<ii", 40, 1), b"\xff\xff\xff\x7f\1\0\0\0")
    )


def _mat_four(folder: Path) -> Path:
    """A matrix of MATLAB 4 that claims 2**31 - 1 squared values."""
    header = struct.pack("<iiiii", 0, 2**31 - 1, 2**31 - 1, 0, 2)
    return _bytes(folder / "four_claims.mat", header + b"x\0" + bytes(80))


def seven_header(path: Path) -> Path:
    """Put the mark of MATLAB 7.3 before an HDF5 file with a user block."""
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, HDF5 schema 1.00".ljust(124) + b"\0\2IM")
    return path


def _h5(folder: Path, name: str, **options: Any) -> Path:
    path = folder / name
    seven = path.suffix == ".mat"
    with h5py.File(path, "w", userblock_size=512 if seven else 0) as file:
        file.create_dataset("x", **options)
    return seven_header(path) if seven else path


def _h5_loop(folder: Path) -> Path:
    with h5py.File(folder / "loop.h5", "w") as file:
        file["group"] = h5py.SoftLink("/")
        file.create_group("a")["b"] = file["/"]
    return folder / "loop.h5"


def wav(path: Path, *, channels=1, rate=8000, bits=16, code=1, claims=None, data=bytes(4000)):
    """A wave file whose header says what it is told to say."""
    width = max(1, channels * bits // 8) % 2**16
    form = struct.pack("<HHIIHH", code, channels, rate, (rate * width) % 2**32, width % 2**16, bits)
    size = len(data) if claims is None else claims
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", size) + data
    return _bytes(path, b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)


def _rf64(folder: Path) -> Path:
    """Sizes of 64 bits: a data chunk of eight times 10**12 bytes."""
    form = struct.pack("<HHIIHH", 3, 1, 8000, 64000, 8, 64)
    sizes = struct.pack("<QQQI", 8 * HUGE + 72, 8 * HUGE, HUGE, 0)
    chunks = b"ds64" + struct.pack("<I", 28) + sizes + b"fmt " + struct.pack("<I", 16) + form
    return _bytes(
        folder / "rf64.wav", b"RF64\xff\xff\xff\xffWAVE" + chunks + b"data\xff\xff\xff\xff"
    )


def _parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def _tdms_claims(folder: Path) -> Path:
    path = fakes.measured(folder / "claims.tdms", {"x": fakes.tone(100.0, 8000.0, 3000)})
    content = path.read_bytes().replace(struct.pack("<Q", 3000), struct.pack("<Q", HUGE))
    return _bytes(path, content)


def _tdms_text(folder: Path) -> Path:
    with nptdms.TdmsWriter(folder / "text.tdms") as writer:
        writer.write_segment([nptdms.ChannelObject("rig", "x", ["a", "b"] * 50)])
    return folder / "text.tdms"


CLAIMS = {
    "npy claims 1e12": lambda f: _bytes(f / "a.npy", npy_header(f"({HUGE},)") + bytes(800)),
    "npy claims 2**63": lambda f: _bytes(f / "b.npy", npy_header("(2**31, 2**32)") + bytes(80)),
    "npy claims 80 GB": lambda f: _bytes(f / "c.npy", npy_header("(10000000000,)") + bytes(80)),
    "npy claims -1": lambda f: _bytes(f / "d.npy", npy_header("(-1,)") + bytes(80)),
    "npy bytes of nothing": lambda f: _bytes(f / "d0.npy", npy_header(f"({HUGE},)", "|V0")),
    "npy pickled": lambda f: _npy(f / "e.npy", np.array([Touch()], dtype=object)),
    "npy of objects": lambda f: _npy(f / "e2.npy", np.array([Touch()] * 9, dtype=object)),
    "npy structured": lambda f: _npy(f / "g.npy", np.zeros(9, "f4,i4")),
    "npy dates": lambda f: _npy(f / "h.npy", np.arange(9).astype("datetime64[s]")),
    "npy text": lambda f: _npy(f / "i.npy", np.array(["a", "b"])),
    "npy complex": lambda f: _npy(f / "j.npy", np.ones(9, complex)),
    "npy one number": lambda f: _npy(f / "k.npy", np.array(3.0)),
    "npy empty": lambda f: _npy(f / "l.npy", np.empty(0)),
    "npy no channel": lambda f: _npy(f / "m.npy", np.empty((0, 9))),
    "npy three axes": lambda f: _npy(f / "n.npy", np.ones((3, 4, 5))),
    "npy 1e300": lambda f: _npy(f / "o.npy", np.linspace(0, 1e300, 99)),
    "npy zip inside": lambda f: _zip(f / "p.npy", {"x.npy": npy_header("(2,)") + bytes(16)}),
    "npz bomb": _npz_bomb,
    "npz claims 1e12": lambda f: _zip(f / "a.npz", {"x.npy": npy_header(f"({HUGE},)") + bytes(80)}),
    "npz out of its folder": lambda f: _zip(
        f / "b.npz", {"../../escaped.npy": npy_header("(3,)") + np.arange(3.0).tobytes()}
    ),
    "npz of nothing": lambda f: _zip(f / "c.npz", {}),
    "npz of text": lambda f: _zip(f / "d.npz", {"readme.txt": b"hello" * 30}),
    "npz npy inside": lambda f: _bytes(f / "e.npz", npy_header("(3,)") + bytes(24)),
    "npz pickled": lambda f: _zip(
        f / "g.npz",
        {"x.npy": _npy(f / "in.npy", np.array([Touch()] * 3, dtype=object)).read_bytes()},
    ),
    "mat bomb": _mat_bomb,
    "mat dimensions": _mat_dimensions,
    "mat four claims": _mat_four,
    "mat structure": lambda f: _mat(f, "structure", {"a": np.arange(9.0), "b": "text"}),
    "mat cells": lambda f: _mat(f, "cells", np.array([np.arange(3), "a"], dtype=object)),
    "mat text": lambda f: _mat(f, "text", "hello"),
    "mat sparse": lambda f: _mat(f, "sparse", scipy.sparse.eye_array(50, format="csc")),
    "mat three axes": lambda f: _mat(f, "axes", np.ones((3, 4, 5))),
    "mat empty": lambda f: _mat(f, "empty", np.empty((0, 0))),
    "mat complex": lambda f: _mat(f, "complex", np.ones(9, complex)),
    "h5 claims 1e12": lambda f: _h5(f, "a.h5", shape=(HUGE,), dtype="f8", chunks=(4096,)),
    "h5 claims 1e9": lambda f: _h5(f, "b.h5", shape=(10**9,), dtype="f4", chunks=(4096,)),
    "h5 bomb": lambda f: _h5(f, "bomb.h5", data=np.zeros(2**24), chunks=(2**18,), compression=9),
    "h5 matrix 1e12": lambda f: _h5(f, "m.h5", shape=(2, HUGE), dtype="f8", chunks=(2, 4096)),
    "mat seven 1e12": lambda f: _h5(f, "seven.mat", shape=(HUGE,), dtype="f8", chunks=(4096,)),
    "h5 compound": lambda f: _h5(f, "c.h5", data=np.zeros(9, "f4,i4")),
    "h5 text": lambda f: _h5(f, "t.h5", data=["a", "b"]),
    "h5 loop": _h5_loop,
    "h5 external": lambda f: _h5(
        f, "e.h5", shape=(HUGE,), dtype="f8", external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)]
    ),
    "wav claims 4 GB": lambda f: wav(f / "a.wav", claims=2**32 - 1),
    "wav claims more": lambda f: wav(f / "b.wav", claims=8000),
    "wav rf64 claims 1e12": _rf64,
    "wav no channel": lambda f: wav(f / "c.wav", channels=0),
    "wav 65535 channels": lambda f: wav(f / "d.wav", channels=65535, bits=8),
    "wav rate 0": lambda f: wav(f / "e.wav", rate=0),
    "wav rate 1": lambda f: wav(f / "g.wav", rate=1, data=bytes(range(250)) * 400),
    "wav rate 4e9": lambda f: wav(f / "h.wav", rate=2**32 - 1, data=bytes(range(250)) * 400),
    "wav rate 4e9 agreed": lambda f: wav(
        f / "o.wav", rate=2**32 - 1, bits=8, data=bytes(range(250)) * 400
    ),
    "wav 0 bits": lambda f: wav(f / "i.wav", bits=0),
    "wav 64 bits": lambda f: wav(f / "j.wav", bits=64),
    "wav 12 bits": lambda f: wav(f / "k.wav", bits=12),
    "wav adpcm": lambda f: wav(f / "l.wav", code=2, bits=4),
    "wav without data": lambda f: wav(f / "m.wav", data=b""),
    "wav not a number": lambda f: (
        wavfile.write(f / "n.wav", 8000, np.full(99, np.nan, "f4")) or f / "n.wav"
    ),
    "parquet bomb": lambda f: _parquet(f / "bomb.parquet", x=np.zeros(2**24)),
    "parquet text": lambda f: _parquet(f / "a.parquet", x=["a", "b"]),
    "parquet lists": lambda f: _parquet(f / "b.parquet", x=[[1.0], [2.0, 3.0]]),
    "parquet nulls": lambda f: _parquet(f / "c.parquet", x=[1.0, None, 2.0]),
    "parquet no rows": lambda f: _parquet(f / "d.parquet", x=pa.array([], pa.float64())),
    "parquet no columns": lambda f: _parquet(f / "e.parquet"),
    "tdms claims 1e12": _tdms_claims,
    "tdms text": _tdms_text,
}
