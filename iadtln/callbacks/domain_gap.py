"""How far the domains are apart while they are trained, seen without target labels."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch import Callback
from torch import Tensor, nn

from iadtln.callbacks.contract import task_of
from iadtln.metrics import domain_gap, normalised_entropy


class DomainGap(Callback):
    """Logs what can be said about the target without its labels, at the end of an epoch.

    - ``domain/gap``: distance of source and target features, see :func:`domain_gap`;
    - ``domain/target_entropy``: mean entropy of the diagnoses of the target, 0 (sure) to 1;
    - ``domain/target_balance``: entropy of their mean, 1 if all classes are diagnosed equally
      often, 0 if the network has collapsed onto one.

    The last batches of the epoch go through the network once more as in a test (no dropout, running
    averages of the batch norm, which stay as they are): so the phases compare, pretraining, which
    never sees the target, included, and training is the same with and without this callback.

    Args:
        num_batches: batches of the epoch to look at; costs so many forward passes.
        every_n_epochs: epochs between two looks.
    """

    def __init__(self, num_batches: int = 2, every_n_epochs: int = 1) -> None:
        if num_batches < 1 or every_n_epochs < 1:
            raise ValueError(
                "num_batches and every_n_epochs must be 1 or more, got "
                f"{num_batches} and {every_n_epochs}; leave the callback out to log nothing"
            )
        self.every_n_epochs = every_n_epochs
        self.signals: deque[tuple[Tensor, Tensor]] = deque(maxlen=num_batches)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: dict[str, dict[str, Tensor]],
        batch_idx: int,
    ) -> None:
        """Keep the windows, as the front end made them; source-free there is no gap to look at."""
        if self._is_due(trainer) and "source" in batch:
            self.signals.append(
                (batch["source"]["signal"].detach(), batch["target"]["signal"].detach())
            )

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the three values; in several processes the mean of theirs."""
        if sum(len(source) for source, _ in self.signals) < 2:  # no distance of one window
            return
        values = look(pl_module, list(self.signals))
        self.signals.clear()
        pl_module.log_dict(values, sync_dist=True)

    def _is_due(self, trainer: pl.Trainer) -> bool:
        epoch, last = trainer.current_epoch + 1, trainer.max_epochs
        return epoch % self.every_n_epochs == 0 or epoch in (1, last)


def look(pl_module: pl.LightningModule, signals: list[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Forward pairs of source and target windows in evaluation mode and compare them."""
    task = task_of(pl_module)
    with evaluating(pl_module), torch.no_grad():
        source = torch.cat([task.network(pair[0]) for pair in signals])
        target = torch.cat([task.network(pair[1]) for pair in signals])
        probability = task.classifier(target).float().softmax(-1)
    return {
        "domain/gap": domain_gap(source.float(), target.float()),
        "domain/target_entropy": float(normalised_entropy(probability).mean()),
        "domain/target_balance": float(normalised_entropy(probability.mean(0))),
    }


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Set evaluation mode, and afterwards each part back to the mode it had.

    ``module.train()`` would wake parts that were frozen in evaluation mode on purpose.
    """
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for part, training in modes.items():
            part.training = training
