"""A run that was cut off goes on as if nothing had happened, and says from where."""

import logging
import sys
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch import Callback
from lightning.pytorch.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)
from tensorboard.compat.proto.event_pb2 import Event, SessionLog  # type: ignore[import-untyped]

KEY = "last_means"  # in the checkpoint
SCALARS_ONLY = {
    "scalars": 0, "images": 1, "audio": 1, "histograms": 1, "compressedHistograms": 1, "tensors": 1,
}  # fmt: skip


class Resume(Callback):
    """Makes curves and schedules of a resumed run those of an unbroken one.

    Lightning saves the checkpoint of an epoch before it logs the means of that epoch and before
    ``ReduceLROnPlateau`` sees them; a run killed in between would lose both. So the checkpoint
    carries the means, and a resumed run makes up for what is missing. What the killed run had
    logged after its checkpoint is withdrawn in TensorBoard's own way (a session that starts at a
    step), as the resumed run logs it again.
    """

    def __init__(self) -> None:
        self.epoch_has_ended = False
        self.carried: dict[str, Any] = {}

    def on_train_batch_start(self, *args: Any) -> None:
        """The next epoch is on its way."""
        self.epoch_has_ended = False

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """From here to the next batch a checkpoint is one of a whole epoch."""
        self.epoch_has_ended = True

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Let the checkpoint of a whole epoch carry its means."""
        if not self.epoch_has_ended:
            return
        means = trainer._logger_connector.metrics["log"]  # which Lightning will log next
        watched = [config.monitor for config in trainer.lr_scheduler_configs]
        checkpoint[KEY] = {
            "epoch": trainer.current_epoch,
            "logged": {name: float(value) for name, value in means.items()},
            "watched": {
                name: float(trainer.callback_metrics[name])
                for name in watched
                if name in trainer.callback_metrics
            },
        }

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Take what the checkpoint carries."""
        self.carried = checkpoint.get(KEY, {})

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Make up for what the killed run had not done after its last checkpoint."""
        if trainer.ckpt_path is None or not self.carried:
            return
        epoch, seen = self.carried["epoch"], self.carried["watched"]
        for config in trainer.lr_scheduler_configs:
            due = config.reduce_on_plateau and (epoch + 1) % config.frequency == 0
            if due and config.monitor in seen:
                config.scheduler.step(seen[config.monitor])
        if trainer.is_global_zero:
            means = {**self.carried["logged"], "epoch": epoch}
            for logger in trainer.loggers:
                if isinstance(logger, TensorBoardLogger):
                    complete(logger, means, trainer.global_step)
        self.carried = {}

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Say which state is whole."""
        whole = getattr(trainer.checkpoint_callback, "best_model_path", "") or trainer.ckpt_path
        if trainer.state.fn == "fit" and trainer.is_global_zero and whole:
            print(
                f"\nthe last whole epoch is in {whole}; 'fit' goes on from there with --ckpt_path, "
                "'compare' and 'benchmark' by themselves",
                file=sys.stderr,
            )


def complete(logger: TensorBoardLogger, means: dict[str, float], steps: int) -> None:
    """Withdraw what was logged beyond a number of steps; log means where they are missing.

    Args:
        logger: of the resumed run, in the folder of the former or in a new one.
        means: of the last whole epoch.
        steps: until its end.
    """
    logging.getLogger("tensorboard").setLevel(logging.ERROR)  # it would tell what it withdraws
    events = EventAccumulator(str(Path(logger.log_dir)), size_guidance=SCALARS_ONLY).Reload()
    step = steps - 1  # Lightning counts from 0
    there = {
        tag
        for tag in events.Tags()["scalars"]
        if any(event.step == step for event in events.Scalars(tag))
    }
    session = Event(step=steps, session_log=SessionLog(status=SessionLog.START))
    logger.experiment._get_file_writer().add_event(session)
    logger.log_metrics({k: v for k, v in means.items() if k not in there}, step)
    logger.save()
