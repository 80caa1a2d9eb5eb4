"""Transformed recordings on disk, so that a second run starts at once."""

import hashlib
import inspect
import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pooch
import torch

import iadtln.signals as signals
from datamodules.recording import Recording
from datamodules.transforms import RecordingTransform
from iadtln.files import written_whole


def default_cache_dir() -> Path:
    """``$IADTLN_CACHE_DIR``, or the user's cache folder."""
    return Path(os.environ.get("IADTLN_CACHE_DIR") or pooch.os_cache("iadtln"))


@cache
def processing_code() -> str:
    """Source of all signal processing: a mended filter must not be served its former results."""
    rooms = [
        Path(signals.__path__[0]).parent / room for room in ("signals", "search", "front_ends")
    ]
    files = [*sorted(Path(__file__).parent.glob("*.py"))]
    files += [path for room in rooms for path in sorted(room.glob("*.py"))]
    return "".join(path.read_text(encoding="utf-8") for path in files)


def cache_key(recording: Recording, transforms: Sequence[RecordingTransform]) -> str:
    """Hash of everything the result depends on: samples, rate, speed, settings, code."""
    own = sorted({inspect.getsource(inspect.getmodule(type(t)) or type(t)) for t in transforms})
    settings = (recording.sampling_rate, recording.axis, processing_code(), own)
    digest = hashlib.sha256(recording.signal.numpy().tobytes())
    for transform in transforms:
        for value in transform.state_dict().values():
            digest.update(value.cpu().numpy().tobytes())
    known = (recording.signal.shape, recording.recording_id, recording.notes)  # notes name it
    digest.update(repr(known).encode())
    digest.update(np.asarray(recording.rpm, dtype=np.float64).tobytes())
    digest.update(repr((settings, [repr(transform) for transform in transforms])).encode())
    return digest.hexdigest()


def _load(path: Path, recording: Recording) -> Recording:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        rpm = stored["rpm"]
        return replace(
            recording,
            signal=torch.from_numpy(stored["signal"]),
            sampling_rate=float(stored["sampling_rate"]),
            rpm=None if np.isnan(rpm).any() else (rpm if rpm.ndim else float(rpm)),
            axis="angle" if bool(stored["is_angle"]) else "time",
            notes=tuple(stored["notes"].tolist()),
        )


def _save(path: Path, recording: Recording) -> None:
    with written_whole(path) as aside:
        np.savez(
            aside,
            signal=recording.signal.numpy(),
            sampling_rate=recording.sampling_rate,
            rpm=np.nan if recording.rpm is None else recording.rpm,
            is_angle=recording.axis == "angle",
            notes=np.array(recording.notes, dtype=np.str_),
        )


def transformed(
    recording: Recording,
    transforms: Sequence[RecordingTransform],
    device: torch.device,
    cache_dir: Path,
) -> Recording:
    """Apply transforms on a device, or read what an earlier run left.

    Args:
        recording: as measured, on the CPU.
        transforms: applied in order.
        device: where to compute.
        cache_dir: folder of the cache.

    Returns:
        The transformed recording, on the CPU.
    """
    if not transforms:
        return recording
    path = cache_dir / f"{cache_key(recording, transforms)}.npz"
    if path.exists():
        try:
            return _load(path, recording)
        except Exception as error:  # whatever a damaged file makes of itself
            warnings.warn(f"rebuilding the damaged cache file {path} ({error})", stacklevel=2)
    result = replace(recording, signal=recording.signal.to(device))
    for transform in transforms:
        result = transform.to(device)(result)
    result = replace(result, signal=result.signal.float().cpu().contiguous())
    try:
        _save(path, result)
    except OSError as error:  # the result is there, only the next run will be slower
        warnings.warn(f"cannot cache in {cache_dir} ({error}); set cache_dir", stacklevel=2)
    return result
