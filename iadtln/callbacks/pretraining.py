"""Learning on the source, done once for all runs that begin with it."""

import hashlib
import json
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import lightning.pytorch as pl
import torch
from lightning.pytorch import Callback
from torch import nn

from iadtln.callbacks.contract import task_of
from iadtln.callbacks.folder import result_dir
from iadtln.files import written_whole

LAST = Path("checkpoints", "last.ckpt")  # of a run
OWN = "transfer_losses."  # weights that each method has for itself
LATER = ("transfer_losses", "domain_forward", "adapt_batch_norm", "progress_unit")  # of the model
ELSEWHERE = ("config", "ckpt_path", "share_pretraining", "report")  # do nothing to weights


class SharePretraining(Callback):
    """Leaves what a run has learned on the source alone to others that would learn the same.

    Until the transfer begins methods differ in nothing but their losses to come. A run that finds
    the pretraining of another one begins as if it had been cut off at this point: weights,
    optimiser, curves and the state of callbacks are those it would have had, to the last bit.

    Args:
        place: folder of this pretraining, see :func:`place_of`.
    """

    def __init__(self, place: Path) -> None:
        self.place = place

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Leave the checkpoint and the curves of the pretraining, unless somebody has."""
        folder = result_dir(trainer)
        begins = trainer.current_epoch == task_of(pl_module).pretrain_epochs
        if folder is None or not begins or self.place.exists():
            return
        if (last := folder / LAST).is_file():
            for logger in trainer.loggers:
                logger.save()
            leave(last, folder, self.place)


def share_pretraining(
    trainer: pl.Trainer, model: pl.LightningModule, options: Mapping[str, Any]
) -> Path | None:
    """Let a run that is to begin take the pretraining of another, or leave its own.

    Args:
        trainer: of the run; several processes share nothing.
        model: as it was made.
        options: of ``fit``; ``share_pretraining`` is the folder.

    Returns:
        The checkpoint to go on from, or None: there is no such pretraining yet.
    """
    folder = result_dir(trainer) if trainer.world_size == 1 else None
    if folder is None:
        return None
    place = place_of(Path(options["share_pretraining"]), options, model)
    trainer.callbacks.append(SharePretraining(place))  # type: ignore[attr-defined]
    return take(place, folder, model)


def place_of(shared: Path, options: Mapping[str, Any], model: nn.Module) -> Path:
    """Folder of the pretraining that these options and first weights lead to.

    Args:
        shared: folder of all of them.
        options: of ``fit``, those left to their defaults too.
        model: as it was made, with ``network`` and ``classifier``.
    """
    known = {name: value for name, value in options.items() if name not in ELSEWHERE}
    known["model"] = {k: v for k, v in known["model"].items() if k not in LATER}
    known["trainer"] = {k: v for k, v in known["trainer"].items() if k != "logger"}
    threads = torch.get_num_threads()  # other numbers sum in another order
    text = json.dumps([known, threads, torch.__version__], sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode())
    for name, value in model.state_dict().items():
        if not name.startswith(OWN):
            digest.update(name.encode() + value.cpu().numpy().tobytes())
    return shared / digest.hexdigest()[:16]


def leave(last: Path, folder: Path, place: Path) -> None:
    """Put a run's checkpoint, without what is its own, and its curves into a new folder.

    Args:
        last: the checkpoint of the last epoch of the pretraining.
        folder: of the run.
        place: to be made; whole or not at all.
    """
    aside = place.with_name(f".{place.name}.{uuid4().hex}")
    aside.mkdir(parents=True)
    try:
        checkpoint = torch.load(last, map_location="cpu", weights_only=True)
        weights = checkpoint["state_dict"].items()
        checkpoint["state_dict"] = {k: v for k, v in weights if not k.startswith(OWN)}
        named = checkpoint["callbacks"]  # where a run keeps its checkpoints is its own too
        checkpoint["callbacks"] = {k: v for k, v in named.items() if "ModelCheckpoint" not in k}
        torch.save(checkpoint, aside / LAST.name)
        for events in folder.glob("events.*"):
            shutil.copy(events, aside)
        aside.rename(place)
    except OSError as error:  # somebody was faster, or the disk is full: the run itself is well
        shutil.rmtree(aside, ignore_errors=True)
        if not place.exists():
            warnings.warn(f"the pretraining is not shared ({error})", stacklevel=2)


def take(place: Path, folder: Path, model: nn.Module) -> Path | None:
    """Make a run's folder one of a run that was cut off after the pretraining.

    Args:
        place: what :func:`leave` made.
        folder: of the new run.
        model: the new run's, as it was made: what is not in the checkpoint is taken from it.

    Returns:
        The checkpoint to go on from; None if there is none that can be read.
    """
    try:
        checkpoint = torch.load(place / LAST.name, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return None
    except Exception as error:  # each kind of damage has its own
        warnings.warn(f"the pretraining in '{place}' is damaged ({error})", stacklevel=2)
        return None
    own = {name: value for name, value in model.state_dict().items() if name.startswith(OWN)}
    checkpoint["state_dict"].update(own)
    group = checkpoint["optimizer_states"][0]["param_groups"][0]
    group["params"] = [number for number, _ in enumerate(model.parameters())]  # own ones are last
    for events in place.glob("events.*"):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(events, folder)
    with written_whole(folder / LAST) as aside:
        torch.save(checkpoint, aside)
    return folder / LAST
