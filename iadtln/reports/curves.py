"""Curves over epochs from the event files of a run."""

from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)

from iadtln.benchmark.figures import Curve

# the target's accuracy is not among them: nobody may watch it while training
PANELS = {
    "train/loss": "training loss",
    "val/accuracy": "accuracy on source validation",
    "domain/gap": "gap between the domains",
}
SCALARS_ONLY = {
    "scalars": 0, "images": 1, "audio": 1, "histograms": 1, "compressedHistograms": 1, "tensors": 1,
}  # fmt: skip


def read_curves(folder: Path) -> dict[str, Curve]:
    """Epochs and values of every curve that a run has, by title.

    Args:
        folder: of the run.

    Returns:
        Pairs of arrays, each of shape ``(epochs,)``; where the run was resumed, the later values.
        Empty without event files.
    """
    if not any(folder.glob("events.out.tfevents.*")):
        return {}
    events = EventAccumulator(str(folder), size_guidance=SCALARS_ONLY).Reload()
    known = events.Tags()["scalars"]
    epoch_of = {e.step: e.value for e in events.Scalars("epoch")} if "epoch" in known else {}
    found = {}
    for tag, title in PANELS.items():
        if tag in known:
            points = {epoch_of.get(e.step, e.step): e.value for e in events.Scalars(tag)}
            epochs = sorted(points)
            found[title] = np.array(epochs, float), np.array([points[x] for x in epochs], float)
    return found
