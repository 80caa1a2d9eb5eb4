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
    package = Path(signals.__path__[0]).parent
    rooms = [Path(__file__).parent, *(package / one for one in ("signals", "search", "front_ends"))]
    files = [path for room in rooms for path in sorted(room.glob("*.py"))]
    return "".join(path.read_text(encoding="utf-8") for path in files)


def digest_of(recordings: Sequence[Recording], workers: Sequence[object]) -> str:
    """Hash of everything that signal processing depends on: data, settings and code.

    Args:
        recordings: that are worked on.
        workers: objects that do it, whose ``repr`` gives their settings; of other packages too.
    """
    digest = hashlib.sha256(processing_code().encode())
    for worker in workers:
        own = inspect.getsource(inspect.getmodule(type(worker)) or type(worker))
        digest.update(repr((worker, own)).encode())
    for one in recordings:
        known = (one.signal.shape, one.sampling_rate, one.axis, one.label)
        named = (one.recording_id, one.notes)  # both are part of what is kept
        digest.update(repr((known, named)).encode())
        digest.update(np.asarray(one.rpm, dtype=np.float64).tobytes())
        digest.update(one.signal.contiguous().numpy().data)
    return digest.hexdigest()


def cache_key(recording: Recording, transforms: Sequence[RecordingTransform]) -> str:
    """Hash of everything a transformed recording depends on, what transforms were fit to too."""
    digest = hashlib.sha256(digest_of([recording], transforms).encode())
    for transform in transforms:
        for value in transform.state_dict().values():
            digest.update(value.cpu().numpy().tobytes())
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
