"""What every run is and does unless told otherwise."""

from typing import Any, Literal

from jsonargparse import Namespace
from lightning.pytorch.callbacks import Callback, LearningRateMonitor, ModelCheckpoint

import iadtln.callbacks as show
from iadtln.selection import CriterionName

IADTLN = {  # what a run is that names no method: configs/method/iadtln.yaml
    "model.network": {"class_path": "iadtln.networks.SECNN"},
    "model.class_loss": {
        "class_path": "iadtln.losses.ISoftmax",
        "init_args": {"shift": 0.0, "scale": 3.0},
    },
    "model.transfer_losses": [
        {"class_path": f"iadtln.losses.{name}"} for name in ("CORAL", "JMMD", "CDANE")
    ],
}
Select = CriterionName | Literal["last"]


def trainer_defaults() -> dict[str, Any]:
    """What every run does unless told otherwise: show, log, keep the last epoch."""
    return {
        "max_epochs": 15,
        "log_every_n_steps": 1,
        "num_sanity_val_steps": 0,  # bad data is found when it is read, before the first epoch
        "logger": {
            "class_path": "lightning.pytorch.loggers.TensorBoardLogger",
            "init_args": {"save_dir": "runs", "name": "", "default_hp_metric": False},
        },
        "enable_model_summary": False,  # the start-up summary says it in one line
    }


def callbacks(trainer: Namespace, select: Select) -> list[Callback]:
    """What watches every run; what the user has switched off stays away.

    Args:
        trainer: the options of the trainer.
        select: what chooses the weights.
    """
    shown: list[Callback] = [show.StartupSummary(), show.DomainGap(), show.Resume()]
    if not listed(trainer.callbacks, show.FiniteGuard):
        shown.append(show.FiniteGuard())
    if select != "last" and not keep_by(trainer.callbacks, select):
        shown.append(show.Selection(criteria=(select,), keep=select))
    if trainer.enable_progress_bar is not False:
        shown.append(show.PhaseProgressBar())  # after DomainGap, whose values it prints
    if trainer.logger is not False:
        shown.append(LearningRateMonitor("epoch"))
    if trainer.enable_checkpointing is not False:
        shown.append(ModelCheckpoint(filename="last", enable_version_counter=False))
    return [*shown, show.PredictionWriter()]


def listed(named: list[Namespace] | None, kind: type[Callback]) -> list[Namespace]:
    """Callbacks of a kind that the user has named."""
    return [one for one in named or [] if one.class_path.endswith(f"callbacks.{kind.__name__}")]


def keep_by(named: list[Namespace] | None, select: Select) -> bool:
    """Let a Selection that the user has named keep the weights; False if there is none."""
    for callback in (own := listed(named, show.Selection)):
        callback.init_args.keep = select
    return bool(own)
