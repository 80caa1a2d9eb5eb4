"""No model of NaN: training stops, or skips the step, where a gradient is not finite."""

from typing import Any, Literal

import lightning.pytorch as pl
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor

from iadtln.callbacks.contract import data_of
from iadtln.distributed import of_all


class FiniteGuard(Callback):
    """Looks at the gradients before each step of the optimiser.

    To name the batch it must wait for the device at each step. Elsewhere than on a CPU, ``raise``
    therefore looks once an epoch, before anything is saved, and names the epoch only. Precision
    ``16-mixed`` is left to its gradient scaler, which meets infinite gradients by design and skips
    such steps.

    Args:
        on_bad: ``raise`` stops and names the recordings of the batch; the last checkpoint is from
            before. ``skip`` leaves weights and running statistics as they were before the batch,
            and warns.
        patience: so many bad steps in a row stop a run that skips.

    Attributes:
        skipped: steps that were left out.
    """

    def __init__(self, on_bad: Literal["raise", "skip"] = "raise", patience: int = 10) -> None:
        if on_bad not in ("raise", "skip") or patience < 1:
            raise ValueError(
                f"expected on_bad 'raise' or 'skip' and a patience from 1, got {on_bad!r} "
                f"and {patience}"
            )
        self.on_bad, self.patience = on_bad, patience
        self.skipped, self.in_a_row = 0, 0
        self._batches: list[dict[str, dict[str, Tensor]]] = []  # since the last step
        self._buffers: list[tuple[Tensor, Tensor]] = []
        self._bad: Tensor | None = None  # on the device

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Remember the batch and, to go back to them, the running statistics before the first."""
        if self.on_bad == "skip" and not self._batches:
            self._buffers = [(one, one.clone()) for one in pl_module.buffers()]
        self._batches.append(batch)

    def on_before_optimizer_step(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        optimizer: torch.optim.Optimizer,
    ) -> None:
        """Stop, or take the gradients away, if one is not finite."""
        batches, self._batches = self._batches, []
        if getattr(trainer.precision_plugin, "scaler", None) is not None:
            return
        gradients = [p.grad for p in pl_module.parameters() if p.grad is not None]
        bad = ~torch.nn.utils.get_total_norm(gradients).isfinite()
        if self.on_bad == "raise" and bad.device.type != "cpu":
            self._bad = bad if self._bad is None else self._bad | bad
            return
        if not bool(bad):
            self.in_a_row = 0
            return
        where = f"epoch {trainer.current_epoch}, step {trainer.global_step}: " + (
            f"a gradient is not finite; the batch holds {_recordings(trainer, batches)}"
        )
        self.skipped, self.in_a_row = self.skipped + 1, self.in_a_row + 1
        if self.on_bad == "raise" or self.in_a_row >= self.patience:
            raise MisconfigurationException(
                f"{where}. Look at these recordings, lower the learning rate, or skip such steps "
                "with the callback iadtln.callbacks.FiniteGuard and on_bad: skip"
            )
        rank_zero_warn(f"{where}; this step is skipped")
        optimizer.zero_grad(set_to_none=True)  # optimisers leave weights without gradient alone
        for buffer, before in self._buffers:
            buffer.copy_(before)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop where the steps were not waited for."""
        if self._bad is not None and bool(self._bad):
            raise MisconfigurationException(
                f"epoch {trainer.current_epoch}: a gradient was not finite; lower the learning "
                "rate, or skip such steps with the callback iadtln.callbacks.FiniteGuard and "
                "on_bad: skip"
            )


def _recordings(trainer: pl.Trainer, batches: list[dict[str, dict[str, Tensor]]]) -> str:
    """Names of the recordings of some batches, of all processes, domain by domain.

    Gradients were averaged, so all processes find them bad and come here.
    """
    data: Any = data_of(trainer)
    said = []
    for side in batches[-1]:
        names = data.pair.side(side).describe("first")["recording"]
        own = torch.cat([batch[side]["index"] for batch in batches]).tolist()
        index = [place for process in of_all(own) for place in process]
        # a few target windows may train with their labels beside those of the source
        known = names.iloc[[i for i in index if i < len(names)]]
        said.append(f"{side} {', '.join(sorted(set(known)))}")
    return "; ".join(said)
