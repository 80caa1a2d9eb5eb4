"""Learning on the source, done once for all runs that begin with it."""

import hashlib
import json
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import lightning
import lightning.pytorch as pl
import torch
from lightning.pytorch import Callback
from torch import Tensor, nn

from iadtln.callbacks.contract import task_of
from iadtln.callbacks.folder import result_dir
from iadtln.files import written_whole

LAST = Path("checkpoints", "last.ckpt")  # of a run
OWN = "transfer_losses."  # weights that each method has for itself
LATER = ("transfer_losses", "domain_forward", "adapt_batch_norm", "progress_unit")  # of the model
ELSEWHERE = ("config", "ckpt_path", "share_pretraining", "report")  # do nothing to weights
Options = Mapping[str, Any]


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
        for logger in trainer.loggers:
            logger.save()
        try:
            leave(folder, self.place, pl_module, trainer.global_step)
        except Exception as error:  # a full disk, or somebody was faster: the run itself is well
            if not self.place.exists():
                warnings.warn(f"the pretraining is not shared ({error})", stacklevel=2)


def share_pretraining(
    trainer: pl.Trainer, model: pl.LightningModule, options: Options
) -> Path | None:
    """Let a run that is to begin take the pretraining of another, or leave its own.

    Args:
        trainer: of the run.
        model: as it was made.
        options: of ``fit``; ``share_pretraining`` is the folder.

    Returns:
        The checkpoint to go on from, or None: there is no such pretraining yet.
    """
    folder = result_dir(trainer)
    if folder is None or trainer.world_size > 1 or not can_share(options):
        return None
    place = place_of(Path(options["share_pretraining"]), options, model)
    trainer.callbacks.append(SharePretraining(place))  # type: ignore[attr-defined]
    return take(place, folder, model)


def can_share(options: Options) -> bool:
    """Whether all that a run keeps is known here; a run with anything else pretrains by itself.

    Args:
        options: of ``fit``.
    """
    model, trainer = options["model"], options["trainer"]
    source_free = options["data"].get("init_args", {}).get("source_free")
    callbacks, logger = trainer["callbacks"] or [], trainer["logger"]
    callbacks = callbacks if isinstance(callbacks, list) else [callbacks]
    named = {one["class_path"].rpartition(".")[2] for one in callbacks}
    keeping = any(one.get("init_args", {}).get("keep") for one in callbacks)
    validation = trainer["check_val_every_n_epoch"], trainer["val_check_interval"]
    return (
        0 < model["pretrain_epochs"] < (trainer["max_epochs"] or 0)
        and not (model["initial_weights"] or source_free)
        and named <= {"Selection", "FiniteGuard"}
        and options["select"] == "last"
        and not keeping  # the weights of another epoch
        and isinstance(logger, dict)
        and logger["class_path"].endswith("TensorBoardLogger")
        and trainer["enable_checkpointing"] is not False
        and validation in ((1, None), (1, 1.0))
    )


def place_of(shared: Path, options: Options, model: nn.Module) -> Path:
    """Folder of the pretraining that these options and first weights lead to on this machine.

    Args:
        shared: folder of all of them.
        options: of ``fit``, those left to their defaults too.
        model: as it was made.
    """
    known = {name: value for name, value in options.items() if name not in ELSEWHERE}
    known["model"] = {k: v for k, v in known["model"].items() if k not in LATER}
    known["trainer"] = {k: v for k, v in known["trainer"].items() if k != "logger"}
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    # other instructions or numbers of threads sum in another order
    machine = gpu, torch.backends.cpu.get_cpu_capability(), torch.get_num_threads()
    versions = torch.__version__, lightning.__version__
    text = json.dumps([known, machine, versions], sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode())
    for name, value in model.state_dict().items():
        if not name.startswith(OWN):
            digest.update(name.encode() + value.cpu().numpy().tobytes())
    return shared / digest.hexdigest()[:16]


def leave(folder: Path, place: Path, model: nn.Module, steps: int) -> None:
    """Put a run's checkpoint, without what is its own, and its curves into a new folder.

    Args:
        folder: of the run.
        place: to be made; whole or not at all.
        model: of the run.
        steps: of the pretraining; a checkpoint of another moment is left where it is.
    """
    checkpoint = torch.load(folder / LAST, map_location="cpu", weights_only=True)
    if checkpoint["global_step"] != steps or not is_separable(checkpoint, model):
        return
    weights = checkpoint["state_dict"].items()
    checkpoint["state_dict"] = {k: v for k, v in weights if not k.startswith(OWN)}
    states = checkpoint["callbacks"].items()  # where a run keeps its checkpoints is its own too
    checkpoint["callbacks"] = {k: v for k, v in states if "ModelCheckpoint" not in k}
    aside = place.with_name(f".{place.name}.{uuid4().hex}")
    aside.mkdir(parents=True)
    try:
        torch.save(checkpoint, aside / LAST.name)
        for events in folder.glob("events.*"):
            shutil.copy(events, aside)
        aside.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def is_separable(checkpoint: Mapping[str, Any], model: nn.Module) -> bool:
    """Whether the optimiser's state is one of single weights, the method's own last and without."""
    known = checkpoint["optimizer_states"]
    if len(known) != 1 or len(known[0]["param_groups"]) != 1:
        return False
    weights = list(model.named_parameters())
    own = [name.startswith(OWN) for name, _ in weights]
    of_single_weights = all(
        not isinstance(value, Tensor) or value.shape in ((), weights[number][1].shape)
        for number, state in known[0]["state"].items()
        for value in state.values()
    )
    without = not any(own[number] for number in known[0]["state"])
    return own == sorted(own) and of_single_weights and without


def take(place: Path, folder: Path, model: nn.Module) -> Path | None:
    """Make a run's folder one of a run that was cut off after the pretraining.

    Args:
        place: what :func:`leave` made.
        folder: of the new run.
        model: the new run's, as it was made: what is not in the checkpoint is taken from it.

    Returns:
        The checkpoint to go on from; None if there is none that can be read.
    """
    if not place.exists():
        return None
    try:
        checkpoint = torch.load(place / LAST.name, map_location="cpu", weights_only=True)
        own = {name: value for name, value in model.state_dict().items() if name.startswith(OWN)}
        checkpoint["state_dict"].update(own)
        group = checkpoint["optimizer_states"][0]["param_groups"][0]
        group["params"] = [number for number, _ in enumerate(model.parameters())]  # own ones last
    except Exception as error:  # each kind of damage has its own
        warnings.warn(f"the pretraining in '{place}' is damaged, made anew: {error}", stacklevel=2)
        shutil.rmtree(place, ignore_errors=True)
        return None
    for events in place.glob("events.*"):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(events, folder)
    with written_whole(folder / LAST) as aside:
        torch.save(checkpoint, aside)
    return folder / LAST
