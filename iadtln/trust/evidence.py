"""What a trained network made of its source windows: all that trust is computed from, in a file."""

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from iadtln.front_ends.kept import read_checked, write_checked

SUFFIX = ".trust.pt"


@dataclass(frozen=True, eq=False)
class Expected:
    """What recordings must be like for a network to read them as it read those of its training.

    Args:
        class_names: in the order of the class numbers.
        channels: of a recording.
        sampling_rate: of recordings before any transform, in hertz; None if not known.
        length: samples in a window, after all transforms.
        statistics: mean and deviation of each channel that windows are standardised by, shape
            ``(2, channels)``; None if each window is by itself, or none.
        transforms: state of the data's transforms of recordings, such as a band they have chosen.
    """

    class_names: list[str]
    channels: int
    sampling_rate: float | None
    length: int
    statistics: Tensor | None = None
    transforms: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Evidence:
    """Source windows through a network as in a test.

    Args:
        expected: what the network reads.
        train_features: of windows that it learned from, shape ``(windows, features)``.
        train_label: their class numbers, shape ``(windows,)``.
        features: of held-out windows, shape ``(others, features)``.
        logits: of held-out windows, shape ``(others, classes)``.
        label: their class numbers, shape ``(others,)``.
        adapted: features of the unlabelled target windows that it was adapted to, if it was, shape
            ``(any, features)``.
    """

    expected: Expected
    train_features: Tensor
    train_label: Tensor
    features: Tensor
    logits: Tensor
    label: Tensor
    adapted: Tensor


def beside(checkpoint: Path) -> Path:
    """Where the evidence of a checkpoint lies.

    Example:
        >>> beside(Path("checkpoints/last.ckpt")).as_posix()
        'checkpoints/last.trust.pt'
    """
    return checkpoint.with_name(checkpoint.stem + SUFFIX)


def fingerprint(checkpoint: Path) -> str:
    """Hash of a checkpoint, so that evidence of other weights is not taken for its own."""
    with checkpoint.open("rb") as file:
        digest = hashlib.sha256()
        while piece := file.read(2**20):
            digest.update(piece)
    return digest.hexdigest()


def keep(evidence: Evidence, checkpoint: Path) -> Path:
    """Write evidence beside its checkpoint, whole."""
    state: dict[str, Any] = {**vars(evidence), "expected": asdict(evidence.expected)}
    path = beside(checkpoint)
    write_checked({**state, "checkpoint": fingerprint(checkpoint)}, path)
    return path


def kept(checkpoint: Path) -> Evidence | None:
    """Evidence beside a checkpoint; None if there is none, or it is of other weights or damaged."""
    path = beside(checkpoint)
    if not path.is_file():
        return None
    try:
        state = read_checked(path)
        if state.pop("checkpoint") != fingerprint(checkpoint):
            return None
        return Evidence(**{**state, "expected": Expected(**state["expected"])})
    except Exception:  # whatever a damaged file makes of itself: it is made again
        return None


def thinned(rows: int, at_most: int) -> Tensor:
    """Places of at most so many rows, evenly spaced."""
    return torch.linspace(0, rows - 1, min(rows, at_most)).round().long()
