"""Searches on disk, so that each is done once for the same recordings and settings."""

import hashlib
import inspect
import pickle
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from datamodules.cache import processing_code
from datamodules.recording import Recording
from iadtln.files import written_whole

if TYPE_CHECKING:
    from iadtln.front_ends.base import FrontEnd


def search_key(front_end: "FrontEnd", recordings: Sequence[Recording]) -> str:
    """Hash of everything a search depends on: samples, rates, speeds, labels, settings, code."""
    own = inspect.getsource(inspect.getmodule(type(front_end)) or type(front_end))
    digest = hashlib.sha256(repr(front_end).encode())
    digest.update((own + processing_code()).encode())
    for one in recordings:
        known = (one.signal.shape, one.sampling_rate, one.axis, one.label)
        digest.update(repr(known).encode())
        digest.update(np.asarray(one.rpm, dtype=np.float64).tobytes())
        digest.update(one.signal.contiguous().numpy().tobytes())
    return digest.hexdigest()


def fit_once(front_end: "FrontEnd", recordings: Sequence[Recording], cache_dir: Path) -> None:
    """Search, or read what an earlier search has found.

    Args:
        front_end: whose ``fit`` it is; what it finds must be in its state.
        recordings: as ``fit`` gets them.
        cache_dir: folder of the cache.
    """
    path = cache_dir / f"{search_key(front_end, recordings)}.pt"
    if path.exists():
        try:
            front_end.load_state_dict(torch.load(path, weights_only=True))
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            warnings.warn(f"searching again for the damaged {path} ({error})", stacklevel=2)
        else:
            return
    front_end.fit(recordings)
    try:
        with written_whole(path) as aside:
            torch.save(front_end.state_dict(), aside)
    except OSError as error:  # the result is there, only the next run will be slower
        warnings.warn(f"cannot cache in {cache_dir} ({error}); set cache_dir", stacklevel=2)
