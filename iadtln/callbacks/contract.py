"""What the callbacks need from the task and from the data, and nothing more.

Written as protocols, so that the callbacks know neither the task class nor any data set.
"""

from typing import Literal, Protocol, cast

import lightning.pytorch as pl
import pandas as pd
from torch import nn

Split = Literal["test", "unknown", "source_val", "predict"]


class DomainData(Protocol):
    """A pair of domains, as ``datamodules.base.PairedDataModule``.

    Attributes:
        class_names: names in the order of the class numbers.
        source: name of the labelled domain, of several joined by ``+``.
        target: name of the domain to diagnose.
        labelled_target: target windows of each class that train with their labels; none but in
            that setting.
        protocol: how the target is split, see the evaluation protocols.
    """

    class_names: list[str]
    source: str
    target: str
    protocol: str
    labelled_target: int

    def summary(self) -> str:
        """Return a text of several lines: domains, classes, windows, protocol, guard."""

    def describe(self, split: Split) -> pd.DataFrame:
        """Return one row a window, by window index: recording, start (sample), domain, label."""


class TransferTask(Protocol):
    """The task, as ``iadtln.task.DomainAdaptation``."""

    num_classes: int
    network: nn.Module
    classifier: nn.Module
    transfer_losses: nn.ModuleList
    pretrain_epochs: int

    @property
    def phase(self) -> Literal["pretrain", "transfer"]:
        """What the current epoch does."""


def data_of(trainer: pl.Trainer) -> DomainData:
    """Return the data module of a run.

    Raises:
        TypeError: If the run was started with bare data loaders.
    """
    if trainer.datamodule is None:  # type: ignore[attr-defined]
        raise TypeError(
            "this callback names domains, classes and recordings, which loaders do not know: "
            "expected a run with datamodule=..., got bare data loaders"
        )
    return cast(DomainData, trainer.datamodule)  # type: ignore[attr-defined]


def task_of(pl_module: pl.LightningModule) -> TransferTask:
    """Return the module, typed as what the callbacks use of it."""
    return cast(TransferTask, pl_module)
