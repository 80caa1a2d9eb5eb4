"""Training at a glance: a bar on a terminal, a few lines in a log file."""

import sys
import time
from collections.abc import Mapping
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks.progress.tqdm_progress import Tqdm, TQDMProgressBar
from torch import Tensor

from iadtln.callbacks.contract import task_of

SHORT = {"class_loss": "class", "domain_accuracy": "critic"}
LATE = ("beta", "critic", "val", "gap")


def say(text: str) -> None:
    """Print a text above whatever bar is open."""
    Tqdm.write(text, file=sys.stdout)
    sys.stdout.flush()


class PhaseProgressBar(TQDMProgressBar):
    """Shows phase, epoch, losses and beta.

    On a terminal this is a bar. In a log file or a notebook, where a bar would fill thousands of
    lines, it prints one line for an epoch, and not for each epoch if there are many.

    Args:
        refresh_rate: batches between two updates of the bar.
        log_lines: at most about so many lines where there is no terminal; 0 for none.
    """

    def __init__(self, refresh_rate: int = 5, log_lines: int = 40) -> None:
        self.as_bar = sys.stdout.isatty()
        super().__init__(refresh_rate=refresh_rate if self.as_bar else 0)
        self.log_lines = log_lines
        self.started = 0.0
        self.last_phase = ""

    def on_train_epoch_start(self, trainer: pl.Trainer, *args: Any) -> None:
        """Name phase and epoch."""
        super().on_train_epoch_start(trainer, *args)
        self.train_progress_bar.set_description(headline(trainer))
        self.started = time.monotonic()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print a line where there is no bar."""
        super().on_train_epoch_end(trainer, pl_module)
        if not self.as_bar and trainer.is_global_zero and self._is_due(trainer):
            values = "  ".join(f"{k} {v}" for k, v in self.get_metrics(trainer, pl_module).items())
            say(f"{headline(trainer)}  {values}  ({time.monotonic() - self.started:.1f} s)")

    def get_metrics(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule
    ) -> dict[str, int | str | float | dict[str, float]]:
        """Return what stands behind the bar: losses, beta, accuracies, domain gap."""
        return {**short_metrics(trainer.callback_metrics)}

    def _is_due(self, trainer: pl.Trainer) -> bool:
        if self.log_lines < 1:
            return False
        phase = task_of(trainer.lightning_module).phase
        new_phase, self.last_phase = phase != self.last_phase, phase
        epoch, total = trainer.current_epoch + 1, trainer.max_epochs or 0
        every = max(1, -(-total // self.log_lines))
        return new_phase or epoch == total or epoch % every == 0


def headline(trainer: pl.Trainer) -> str:
    """Phase and epoch, of equal width over a run."""
    total = str(trainer.max_epochs) if (trainer.max_epochs or 0) > 0 else "-"
    phase = task_of(trainer.lightning_module).phase
    return f"{phase:<8} {trainer.current_epoch + 1:>{len(total)}}/{total}"


def short_metrics(metrics: Mapping[str, Tensor]) -> dict[str, str]:
    """Short names and three digits: the training losses first, then what watches over them.

    Example:
        >>> import torch
        >>> short_metrics({"train/beta": torch.tensor(0.5), "train/loss": torch.tensor(1.2345)})
        {'loss': '1.23', 'beta': '0.5'}
    """
    watched = {"val/accuracy": "val", "domain/gap": "gap"}
    values: dict[str, str] = {}
    for key, value in metrics.items():
        if key.startswith("train/"):
            name = key.removeprefix("train/")
            values[SHORT.get(name, name)] = f"{float(value):.3g}"
        elif key in watched:
            values[watched[key]] = f"{float(value):.3g}"
    order = ["loss", "class", *(n for n in values if n not in {"loss", "class", *LATE}), *LATE]
    return {name: values[name] for name in order if name in values}
