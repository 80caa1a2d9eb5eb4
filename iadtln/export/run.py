"""A run to export, with its recordings: written, checked and described."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from datamodules.pairing import Pair
from datamodules.transforms import RecordingTransform
from iadtln.diagnosis import Diagnosis
from iadtln.export import card, chain, check
from iadtln.export.exported import Exported, FilterWindows, normaliser
from iadtln.export.formats import FORMATS, INPUT, OUTPUTS
from iadtln.files import written_whole
from iadtln.front_ends import FrontEnd

SCALES = {
    "window": "any: inside, each channel of each window is given mean 0 and deviation 1",
    "source": "that of the training recordings, whose mean and deviation are inside",
    "none": "that of the training recordings: nothing is scaled",
}
WINDOWS = 256  # that are compared, evenly over the test windows


@dataclass(frozen=True, eq=False)
class ExportedRun:
    """A checkpoint and the recordings of its configuration.

    Args:
        options: the whole configuration of the run.
        model: network and classifier.
        front_end: of the model.
        pair: windows as training had them.
        raw: windows as the exported file takes them.
        class_names: in the order of their numbers.
        before: transforms of whole recordings that stay with the caller.
        inside: those that are done to windows, inside the file.
    """

    options: Mapping[str, Any]
    model: Diagnosis
    front_end: FrontEnd
    pair: Pair
    raw: Pair
    class_names: list[str]
    before: Sequence[RecordingTransform]
    inside: Sequence[RecordingTransform]

    @property
    def sampling_rate(self) -> float:
        """Samples per second or revolution of the raw windows."""
        return self.raw.target.recordings[0].sampling_rate

    def module(self) -> Exported:
        """What is exported."""
        filters = FilterWindows(self.inside, self.sampling_rate) if self.inside else None
        return Exported(self.model, self.front_end, normaliser(self.pair), filters)

    def logits(self, windows: Tensor) -> Tensor:
        """What the checkpoint says of windows of the data module."""
        features = self.model.network(self.front_end(windows))
        logits: Tensor = self.model.classifier(features)
        return logits


def some_windows(pair: Pair) -> Tensor:
    """Windows of the target's test, evenly chosen, without labels."""
    dataset = pair.windows("target", "second")
    count = min(WINDOWS, len(dataset))
    places = torch.linspace(0, len(dataset) - 1, count).long().tolist()
    return dataset.__getitems__(places)["signal"]


@torch.no_grad()
def write_and_check(
    run: ExportedRun, name: str, path: Path
) -> tuple[check.Agreement, check.Latency]:
    """Write the file, run it and compare; it is there only if it agrees."""
    form, module = FORMATS[name], run.module()
    signal = some_windows(replace(run.raw, normalisation="none"))
    checkpoint = run.logits(some_windows(run.pair))
    expected = module(signal)["logits"] if run.inside else checkpoint
    with written_whole(path) as aside:
        form.write(module, signal[torch.arange(3) % len(signal)], aside)
        runner = form.load(aside)
        agreement = check.compare_logits(runner, signal, expected, checkpoint)
        latency = check.time_windows(runner, signal[:1])
    return agreement, latency


def input_of(run: ExportedRun) -> card.Input:
    """What the file takes, for the card."""
    pair, first = run.pair, run.raw.target.recordings[0]
    scale = pair.source.statistics().tolist() if pair.normalisation == "source" else (None, None)
    return {
        "name": INPUT,
        "dtype": "float32",
        "shape": ["batch", len(first.signal), run.raw.target.length],
        "axis": first.axis,
        "sampling_rate": first.sampling_rate,
        "scale": SCALES[pair.normalisation],
        "mean": scale[0],
        "deviation": scale[1],
    }


def card_of(
    run: ExportedRun,
    name: str,
    path: Path,
    checkpoint: dict[str, Any],
    metrics: dict[str, Any] | None,
    checked: tuple[check.Agreement, check.Latency],
) -> card.ModelCard:
    """All that is known of an exported file."""
    data = run.options["data"]
    return {
        "schema": card.SCHEMA,
        "file": path.name,
        "format": name,
        "classes": run.class_names,
        "input": input_of(run),
        "outputs": list(OUTPUTS),
        "windowing": data["init_args"]["windowing"],
        "alone_is_enough": not run.before,
        "before": chain.described(run.before),
        "inside_windows": chain.described(run.inside),
        "front_end": run.options["front_end"],
        "network": run.options["model"]["network"],
        "training": data,
        "checkpoint": checkpoint,
        "metrics": metrics,
        "agreement": checked[0],
        "latency": checked[1],
        "size_bytes": path.stat().st_size,
        "versions": card.versions_of("iadtln", "lightning", *FORMATS[name].libraries),
        "date": card.now(),
    }
