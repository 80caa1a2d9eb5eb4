"""The verb ``adapt``: a trained network goes on learning at another machine, without its labels."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from lightning.fabric.utilities.exceptions import MisconfigurationException

from datamodules import DataError
from iadtln.checkpoints import read_state
from iadtln.cli import chosen_checkpoint, run
from iadtln.configurations import CONFIG, named_values, read_options
from iadtln.defaults import IADTLN
from iadtln.doctor.run_files import Content, built, data_of, read_config
from iadtln.losses import TransferLoss
from iadtln.trust.evidence import kept
from iadtln.verbs.options import data_and_front_end, resolved, stop
from iadtln.verbs.run_config import config_of

WHAT_IT_DOES = (
    "Go on from a checkpoint with recordings of a new machine, load or speed, whose labels nobody "
    "knows. --data names them as target, and labelled recordings of the classes that the network "
    "knows as source: the network learns from both, by the transfer losses of its run (those of "
    "IADTLN if none of them uses the source). With --source_free true it learns from the target "
    "alone, by information maximisation with its last layer left as it is, and the source only "
    "validates. Network, front end, optimiser and number of epochs are those of the run unless "
    "said otherwise; all other options are those of fit."
)
INFORMATION_MAXIMISATION = {"class_path": "iadtln.losses.InformationMaximisation"}


def options_of(content: Content, checkpoint: Path, source_free: bool) -> dict[str, Any]:
    """What ``fit`` is told, but for the data.

    Args:
        content: of the configuration of the run.
        checkpoint: to go on from.
        source_free: whether the source's training windows are left out.

    Raises:
        MisconfigurationException: If a transfer loss of the run cannot be built.
    """
    model = {**content["model"], "initial_weights": str(checkpoint), "pretrain_epochs": 0}
    if source_free:
        model |= {"transfer_losses": [INFORMATION_MAXIMISATION], "freeze_classifier": True}
    else:
        model["freeze_classifier"] = False  # as it was if the run was source-free
        if not any(uses_source(one) for one in model.get("transfer_losses") or []):
            model["transfer_losses"] = IADTLN["model.transfer_losses"]
    epochs = content.get("trainer", {}).get("max_epochs")
    trainer = {"trainer": {"max_epochs": epochs}} if epochs else {}  # the schedule counts on them
    return {**trainer, "model": model, "front_end": content["front_end"]}


def uses_source(loss: Content) -> bool:
    """Whether a transfer loss, as a configuration names it, reads the source."""
    made: TransferLoss = built(TransferLoss, "transfer_loss", loss)
    return made.uses_source


def parser() -> argparse.ArgumentParser:
    """Own options; all others go to ``fit``."""
    own = argparse.ArgumentParser(prog="python -m iadtln adapt", description=WHAT_IT_DOES)
    own.add_argument("--ckpt", "--ckpt_path", type=Path, required=True, help="checkpoint of a fit")
    own.add_argument(
        "--run_config",
        type=Path,
        help="its config.yaml; by default above the checkpoint's folder or in it",
    )
    own.add_argument(
        "--source_free",
        choices=("true", "false"),
        default="false",
        help="learn from the target alone",
    )
    return own


def require_same_classes(content: Content, checkpoint: Path, fit: list[str]) -> None:
    """Leave with a sentence if the new data have other classes than the network tells."""
    data, _ = data_and_front_end(resolved(fit))
    evidence = kept(checkpoint)
    known = evidence.expected.class_names if evidence else data_of(content).class_names
    if known != data.class_names:
        stop(
            f"expected the classes that the network knows, {', '.join(known)}, got "
            f"{', '.join(data.class_names)}; name them alike, in --data"
        )


def refuse_config_of_a_run(fit: list[str]) -> None:
    """Leave with a sentence if ``--config`` is what a run has left: it would undo this verb."""
    for name, value in named_values(fit):
        if name in CONFIG and Path(value).is_file() and "ckpt_path" in read_options(Path(value)):
            stop(
                f"expected options of your own as --config, got those of a run, '{value}'; leave "
                "it out (--ckpt finds it) and name the new machine by --data"
            )


def adapt(arguments: list[str]) -> str:
    """Run ``python -m iadtln adapt``; bad input ends with a sentence and status 2.

    Args:
        arguments: own options; all others go to ``fit``.

    Returns:
        Checkpoint of the adapted network.
    """
    own, fit = parser().parse_known_args(arguments)
    if not any(one.split("=")[0].startswith("--data") for one in fit):
        stop("expected --data FILE.yaml with the recordings to adapt to, got none")
    try:
        refuse_config_of_a_run(fit)
        read_state(own.ckpt)
        content = read_config(config_of(own.ckpt, own.run_config))
        source_free = own.source_free == "true"
        if source_free:
            fit.append("--data.init_args.source_free=true")
        with TemporaryDirectory() as folder:
            options = Path(folder) / "options.yaml"
            options.write_text(yaml.safe_dump(options_of(content, own.ckpt, source_free)))
            fit = ["--config", str(options), *fit]
            require_same_classes(content, own.ckpt, fit)
            found = chosen_checkpoint(run(["fit", *fit]).trainer)
    except (MisconfigurationException, DataError, FileNotFoundError) as error:
        stop(str(error))
    print(
        f"diagnose recordings of the new machine:\n  python -m iadtln diagnose FILES --ckpt {found}"
    )
    return found
