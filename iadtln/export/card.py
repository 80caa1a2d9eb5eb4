"""The model card: all that whoever runs an exported file has to know, as JSON."""

import filecmp
import hashlib
import json
import platform
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, TypedDict, cast

import torch

from iadtln.export.chain import Step
from iadtln.export.check import Agreement, Latency
from iadtln.files import written_whole

SCHEMA = 1  # counts up when a field changes its meaning


class Input(TypedDict):
    """What the file takes.

    Attributes:
        name: of the input.
        dtype: always ``float32``.
        shape: ``["batch", channels, samples]``; the batch may have any size.
        axis: ``time``, or ``angle`` for samples at equal steps of the shaft's angle.
        sampling_rate: samples per second on a time axis, per revolution on an angle axis.
        scale: what unit the windows must have, in a sentence.
        mean: of each channel, where the scale is that of the source, else null.
        deviation: likewise.
    """

    name: str
    dtype: Literal["float32"]
    shape: list[str | int]
    axis: Literal["time", "angle"]
    sampling_rate: float
    scale: str
    mean: list[float] | None
    deviation: list[float] | None


class ModelCard(TypedDict):
    """The card.

    Attributes:
        schema: version of this description.
        file: name of the model, in the card's folder.
        format: ``onnx`` or ``torch_export``.
        classes: names, in the order of the columns of the outputs.
        input: what the file takes.
        outputs: names: logits and probabilities, each ``(batch, classes)``, float32.
        windowing: how training cut windows, as configured.
        alone_is_enough: whether raw windows at the input's sampling rate are all it needs.
        before: what the caller must do to recordings before windows are cut, in order.
        inside_windows: what training did to whole recordings and the file does to each window.
        front_end: class and options; it is inside the file.
        network: likewise.
        training: class and options of the data module, with source, target and protocol.
        checkpoint: name, SHA-256, epoch and step.
        metrics: what a test of this checkpoint found (``metrics.json``), null if there was none.
        agreement: of the file with the checkpoint.
        latency: of the file on the machine named in ``versions``.
        size_bytes: of the file.
        versions: of what wrote and ran it.
        date: UTC, ISO 8601.
    """

    schema: int
    file: str
    format: str
    classes: list[str]
    input: Input
    outputs: list[str]
    windowing: dict[str, Any]
    alone_is_enough: bool
    before: list[Step]
    inside_windows: list[Step]
    front_end: dict[str, Any]
    network: dict[str, Any]
    training: dict[str, Any]
    checkpoint: dict[str, Any]
    metrics: dict[str, Any] | None
    agreement: Agreement
    latency: Latency
    size_bytes: int
    versions: dict[str, str]
    date: str


def write_card(card: ModelCard, path: Path) -> None:
    """Write a card whole."""
    with written_whole(path) as aside:
        aside.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def versions_of(*libraries: str) -> dict[str, str]:
    """Versions of libraries, and the machine."""
    found = {name: version(name) for name in ("torch", *libraries)}
    machine = f"{platform.system()} {platform.machine()}"
    return {"python": platform.python_version(), **found, "machine": machine}


def now() -> str:
    """The time in UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def checkpoint_facts(path: Path) -> dict[str, Any]:
    """What tells a checkpoint from others."""
    stored = torch.load(path, map_location="cpu", weights_only=True)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    facts = {key: stored.get(key) for key in ("epoch", "global_step")}
    return {"file": path.name, "sha256": digest, **facts}


def metrics_of(checkpoint: Path, run: Path) -> dict[str, Any] | None:
    """The newest test of a checkpoint in its run's folder, or in those beside it.

    A copy of the checkpoint is the same one; a file that cannot be read tells nothing.

    Args:
        checkpoint: that was tested.
        run: folder of the run that made it.
    """
    found = []
    for path in {*run.glob("metrics.json"), *run.parent.glob("*/metrics.json")}:
        try:
            metrics = cast(dict[str, Any], json.loads(path.read_text(encoding="utf-8")))
            if same_file(Path(metrics["checkpoint"]), checkpoint):
                found.append((path.stat().st_mtime, metrics))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return max(found, key=lambda pair: pair[0])[1] if found else None


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, or to copies of it."""
    if one.resolve() == other.resolve():
        return True
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)
