"""What is about to be run, in words, before it runs."""

import lightning.pytorch as pl
from lightning.pytorch import Callback
from torch import nn

from iadtln.callbacks.contract import data_of, task_of
from iadtln.callbacks.progress import say


class StartupSummary(Callback):
    """Prints domains, classes, windows, protocol, network size and phases once before a run."""

    def __init__(self) -> None:
        self.shown = False

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print before training."""
        self._show(trainer, pl_module)

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print before a test that no training preceded."""
        self._show(trainer, pl_module)

    def _show(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self.shown or not trainer.is_global_zero:
            return
        self.shown = True
        lines = [data_of(trainer).summary().rstrip(), network_line(pl_module)]
        if trainer.state.fn == "fit":
            lines.append(phases_line(trainer, pl_module))
        say("\n" + "\n".join(lines) + "\n")


def network_line(pl_module: pl.LightningModule) -> str:
    """Name and size of the network, and of what is trained beside it."""
    task = task_of(pl_module)
    network, classifier = count_weights(task.network), count_weights(task.classifier)
    line = (
        f"network: {type(task.network).__name__}, {network:,} weights + {classifier:,} classifier"
    )
    others = count_weights(pl_module) - network - classifier
    return f"{line} + {others:,} in training only" if others else line


def phases_line(trainer: pl.Trainer, pl_module: pl.LightningModule) -> str:
    """How many epochs each phase takes, and what pulls the domains together."""
    task, total = task_of(pl_module), trainer.max_epochs
    losses = " + ".join(type(loss).__name__ for loss in task.transfer_losses)
    if not losses:
        return f"epochs:  {total}, on the source only (no transfer losses)"
    if total is None or total < 0:
        return f"epochs:  {task.pretrain_epochs} pretrain (source only), then transfer by {losses}"
    pretrain = min(task.pretrain_epochs, total)
    return f"epochs:  {pretrain} pretrain (source only) + {total - pretrain} transfer by {losses}"


def count_weights(module: nn.Module) -> int:
    """Number of trainable weights."""
    return sum(weight.numel() for weight in module.parameters() if weight.requires_grad)
