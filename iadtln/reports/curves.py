"""Curves over epochs from the event files of a run."""

from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)

from iadtln.benchmark.figures import Curve
from iadtln.callbacks.resume import SCALARS_ONLY

# the target's accuracy is not among them: nobody may watch it while training
PANELS = {
    "train/loss": "training loss",
    "val/accuracy": "accuracy on source validation",
    "domain/gap": "gap between the domains",
}


def read_scalars(folder: Path) -> dict[str, Curve]:
    """Everything that a run logged over its epochs.

    Args:
        folder: of the run.

    Returns:
        Epochs and values by tag, each of shape ``(epochs,)``; where the run was resumed, the later
        values. Empty without event files.
    """
    events = _events(folder)
    if events is None:
        return {}
    known = events.Tags()["scalars"]
    epoch_of = {e.step: e.value for e in events.Scalars("epoch")} if "epoch" in known else {}
    found = {}
    for tag in known:
        points = {epoch_of.get(e.step, e.step): e.value for e in events.Scalars(tag)}
        epochs = sorted(points)
        found[tag] = np.array(epochs, float), np.array([points[x] for x in epochs], float)
    return found


def read_curves(folder: Path) -> dict[str, Curve]:
    """Epochs and values of the curves that all methods have, by title; see ``read_scalars``.

    Args:
        folder: of the run.
    """
    scalars = read_scalars(folder)
    return {title: scalars[tag] for tag, title in PANELS.items() if tag in scalars}


def read_seconds(folder: Path) -> float | None:
    """Time from the first entry of a run's event files to its last training loss, if known.

    Args:
        folder: of the run.
    """
    events = _events(folder)
    if events is None or "train/loss" not in events.Tags()["scalars"]:
        return None
    seconds = float(events.Scalars("train/loss")[-1].wall_time - events.FirstEventTimestamp())
    return seconds if seconds > 0 else None  # a clock may have been set back


def _events(folder: Path) -> EventAccumulator | None:
    if not any(folder.glob("events.out.tfevents.*")):
        return None
    # nothing is purged, with a warning for each run: later values win above
    return EventAccumulator(
        str(folder), size_guidance=SCALARS_ONLY, purge_orphaned_data=False
    ).Reload()
