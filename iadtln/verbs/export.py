"""The verb ``export``: a checkpoint as one file that runs without this package."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import yaml
from lightning.fabric.utilities.exceptions import MisconfigurationException

from datamodules import DataError
from iadtln.checkpoints import read_state
from iadtln.diagnosis import load_weights
from iadtln.doctor.run_files import model_of
from iadtln.doctor.trained import presumed
from iadtln.export import (
    FORMATS,
    ExportedRun,
    ExportError,
    ModelCard,
    Step,
    card_of,
    checkpoint_facts,
    filtering_tail,
    metrics_of,
    steps_of,
    write_and_check,
    write_card,
)
from iadtln.verbs.options import data_and_front_end, resolved, stop
from iadtln.verbs.run_config import config_of

WHAT_IT_DOES = (
    "Write a checkpoint as one file: raw windows in, logits and probabilities out, with front end "
    "and standardisation inside. The file is run on test windows of the target and must agree with "
    "the checkpoint. A model card beside it says what it expects. All other options are those of "
    "fit."
)


def read_run(checkpoint: Path, configuration: str, *, filter_windows: bool) -> ExportedRun:
    """Build what a configuration names, with the weights of a checkpoint.

    Args:
        checkpoint: file of the weights.
        configuration: whole, from ``resolved``.
        filter_windows: do to windows what can be done to them instead of to recordings.
    """
    options = yaml.safe_load(configuration)
    data, front_end = data_and_front_end(configuration)
    content = {**options, "network": options["model"]["network"]}
    model = model_of(content, front_end, presumed(data, None), read_state(checkpoint))
    load_weights(model, checkpoint)
    data.transforms += front_end.recording_transforms()
    pair = raw = data.pair  # reads the recordings, which may choose a band
    steps = steps_of(data.transforms, data.readers(data.target)[0]().sampling_rate)
    split = len(steps) - (filtering_tail(steps) if filter_windows else 0)
    if steps[split:]:
        again, _ = data_and_front_end(configuration)
        again.transforms = steps[:split]
        raw = again.pair
    names = data.class_names
    before, inside = steps[:split], steps[split:]
    return ExportedRun(options, model.eval(), front_end, pair, raw, names, before, inside)


def needed(before: Sequence[Step], could_go_inside: int) -> str:
    """What the caller must do to recordings, in sentences."""
    if not before:
        return (
            "the file alone is enough: give it raw windows at the sampling rate of the model card"
        )
    lines = ["the file alone is not enough; before windows are cut, do to each recording:"]
    for place, step in enumerate(before, start=1):
        settings = ", ".join(f"{name}={value}" for name, value in step["settings"].items())
        lines.append(f"  {place}. {step['name']}({settings}): {step['what']}")
    if any(step["fitted_to_each_recording"] for step in before):
        lines.append("what is fitted to each whole recording only iadtln repeats: use predict")
    if could_go_inside:
        lines.append(f"with --filter_windows the last {could_go_inside} of these are done inside")
    return "\n".join(lines)


def summary(made: ModelCard, path: Path) -> str:
    """What was written, in lines for a terminal."""
    agreement, latency = made["agreement"], made["latency"]
    lines = [
        f"{path}: {made['size_bytes'] / 1e6:.2f} MB",
        f"agrees on {agreement['windows']} test windows: logits differ by up to "
        f"{agreement['largest_difference']:.1e} ({agreement['limit']:g} is allowed)",
        f"{latency['one_by_one']:.2f} ms a window one by one, {latency['in_batches_of_64']:.2f} ms "
        f"in batches of 64, with {latency['threads']} threads of this CPU",
    ]
    if made["inside_windows"]:
        names = ", ".join(step["name"] for step in made["inside_windows"])
        lines.append(
            f"{names} now see windows, not recordings: {100 * agreement['same_diagnosis']:.1f} % "
            "of the diagnoses are the checkpoint's"
        )
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    """Own options; all others go to ``fit``."""
    own = argparse.ArgumentParser(prog="python -m iadtln export", description=WHAT_IT_DOES)
    own.add_argument("--ckpt_path", "--ckpt", type=Path, required=True, help="checkpoint to export")
    own.add_argument(
        "--config",
        type=Path,
        help="of its run; default: config.yaml above the checkpoint's folder or in it",
    )
    own.add_argument(
        "--format",
        choices=FORMATS,
        default="onnx",
        help="onnx runs without PyTorch, torch_export wherever PyTorch runs",
    )
    own.add_argument(
        "--output", type=Path, help="folder of model and card; default: export/FORMAT in the run's"
    )
    own.add_argument(
        "--filter_windows",
        action="store_true",
        help="do band-passes and envelopes of whole recordings to each window, inside the file, if "
        "nothing follows them. The ends of windows then differ; how many diagnoses stay is printed",
    )
    return own


def export(arguments: list[str]) -> ModelCard:
    """Run ``python -m iadtln export``; ``JSONARGPARSE_DEBUG=1`` shows the trace of an error.

    Args:
        arguments: own options; all others go to ``fit``.

    Returns:
        The model card, which is also written.
    """
    own, fit = parser().parse_known_args(arguments)
    try:
        read_state(own.ckpt_path)  # what is no checkpoint is found before the data are read
        config = config_of(own.ckpt_path, own.config)
        FORMATS[own.format].require()
        configuration = resolved([f"--config={config}", *fit])
        run = read_run(own.ckpt_path, configuration, filter_windows=own.filter_windows)
        # all that the card says is known before the model is there
        known = checkpoint_facts(own.ckpt_path), metrics_of(own.ckpt_path, config.parent)
        folder = own.output or config.parent / "export" / own.format
        path = folder / FORMATS[own.format].file_name
        checked = write_and_check(run, own.format, path)
    except (ExportError, DataError, MisconfigurationException, FileNotFoundError) as error:
        if os.environ.get("JSONARGPARSE_DEBUG"):
            raise
        stop(f"{type(error).__name__}: {error}")
    made = card_of(run, own.format, path, *known, checked)
    write_card(made, folder / "model_card.json")
    print(summary(made, path))
    print(needed(made["before"], filtering_tail(run.before)))
    print(f"model card: {folder / 'model_card.json'}")
    return made
