"""Searches on disk, so that each is done once for the same recordings and settings."""

import hashlib
import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException

from datamodules.cache import digest_of
from datamodules.recording import Recording
from iadtln.files import written_whole

if TYPE_CHECKING:
    from iadtln.front_ends.base import FrontEnd


def fit_once(front_end: "FrontEnd", recordings: Sequence[Recording], cache_dir: Path) -> None:
    """Search, or read what an earlier search has found.

    Args:
        front_end: whose ``fit`` it is; what it finds must be in its state.
        recordings: as ``fit`` gets them.
        cache_dir: folder of the cache.
    """
    path = cache_dir / f"{digest_of(recordings, [front_end])}.pt"
    if path.exists():
        try:
            front_end.load_state_dict(read_checked(path))
        except Exception as error:  # whatever a damaged file makes of itself
            warnings.warn(f"searching again for the damaged {path} ({error})", stacklevel=2)
        else:
            return
    try:
        front_end.fit(recordings)
    except ValueError as error:  # options that do not fit the recordings
        raise MisconfigurationException(f"{type(front_end).__name__}: {error}") from error
    try:
        write_checked(front_end.state_dict(), path)
    except OSError as error:  # the result is there, only the next run will be slower
        warnings.warn(f"cannot cache in {cache_dir} ({error}); set cache_dir", stacklevel=2)


def write_checked(state: dict[str, Any], path: Path) -> None:
    """Write a state, its hash before it: torch alone does not notice a flipped bit."""
    content = io.BytesIO()
    torch.save(state, content)
    with written_whole(path) as aside:
        aside.write_bytes(hashlib.sha256(content.getvalue()).digest() + content.getvalue())


def read_checked(path: Path) -> dict[str, Any]:
    """Read what ``write_checked`` wrote.

    Raises:
        ValueError: If it is not what was written.
    """
    stored = path.read_bytes()
    digest, content = stored[:32], stored[32:]
    if hashlib.sha256(content).digest() != digest:
        raise ValueError("its content is not that which was written")
    state: dict[str, Any] = torch.load(io.BytesIO(content), weights_only=True)
    return state
