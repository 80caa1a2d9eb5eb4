"""No model of NaN: training stops, or skips the step, where a gradient is not finite."""

from typing import Any, Literal

import lightning.pytorch as pl
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor

from iadtln.callbacks.contract import data_of


class FiniteGuard(Callback):
    """Looks at the gradients before each step of the optimiser.

    To name the batch it must wait for the device at each step. Elsewhere than on a CPU, ``raise``
    therefore looks once an epoch, before anything is saved, and names the epoch only.

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
        self._batch: dict[str, dict[str, Tensor]] = {}
        self._buffers: list[tuple[Tensor, Tensor]] = []
        self._bad: Tensor | None = None  # on the device

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Remember the batch and, to go back to them, the running statistics."""
        self._batch = batch
        if self.on_bad == "skip":
            self._buffers = [(one, one.clone()) for one in pl_module.buffers()]

    def on_before_optimizer_step(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        optimizer: torch.optim.Optimizer,
    ) -> None:
        """Stop, or take the gradients away, if one is not finite."""
        gradients = [p.grad for p in pl_module.parameters() if p.grad is not None]
        bad = ~torch.nn.utils.get_total_norm(gradients).isfinite()
        if self.on_bad == "raise" and bad.device.type != "cpu":
            self._bad = bad if self._bad is None else self._bad | bad
            return
        if not bool(bad):
            self.in_a_row = 0
            return
        where = f"epoch {trainer.current_epoch}, step {trainer.global_step}: " + (
            f"a gradient is not finite; the batch holds {self._recordings(trainer)}"
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

    def _recordings(self, trainer: pl.Trainer) -> str:
        """Names of the recordings of the batch, domain by domain."""
        data: Any = data_of(trainer)
        said = []
        for side, batch in self._batch.items():
            names = data.pair.side(side).describe("first")["recording"]
            known = [i for i in batch["index"].tolist() if i < len(names)]
            said.append(f"{side} {', '.join(sorted(set(names.iloc[known])))}")
        return "; ".join(said)
