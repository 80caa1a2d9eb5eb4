"""Some windows of both domains, the same ones each time, through the network as in a test."""

from functools import cached_property
from typing import Literal, Protocol, cast

import lightning.pytorch as pl
import torch
from torch import Tensor

from iadtln.callbacks.contract import data_of, task_of
from iadtln.callbacks.domain_gap import evaluating
from iadtln.selection import Outputs

Batch = dict[str, Tensor]


class Windows(Protocol):
    """A data set that gathers a batch in one call, as ``datamodules.datasets.WindowDataset``."""

    def __len__(self) -> int: ...

    def __getitems__(self, indices: list[int]) -> Batch:
        """Return ``signal``, ``index`` and, if it knows them, ``label``."""


class SelectionData(Protocol):
    """A pair of domains whose parts can be asked for, as ``PairedDataModule``."""

    batch_size: int

    def windows(
        self, side: Literal["source", "target"], part: Literal["first", "second"]
    ) -> Windows:
        """Windows without labels; the first part is trained on."""

    def labelled_windows(
        self, side: Literal["source", "target"], part: Literal["second", "known"]
    ) -> Windows:
        """Windows with labels: the second part is held out, its known classes are tested."""


def selection_data(trainer: pl.Trainer) -> SelectionData:
    """Return the data module of a run, typed as what choosing a model uses of it."""
    return cast(SelectionData, data_of(trainer))


class Look:
    """What a network makes of the windows now; each set goes through it when first asked for.

    Args:
        trainer: of the run, for its data and precision.
        pl_module: the task.
        max_windows: of each set.
    """

    def __init__(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, max_windows: int
    ) -> None:
        self.trainer, self.pl_module = trainer, pl_module
        self.data = selection_data(trainer)
        self.max_windows = max_windows

    @cached_property
    def source_train(self) -> Outputs:
        """Windows of the source that are trained on."""
        return self._outputs(self.data.windows("source", "first"))

    @cached_property
    def source_val(self) -> Outputs:
        """Held-out windows of the source, with labels."""
        return self._outputs(self.data.labelled_windows("source", "second"))

    @cached_property
    def target(self) -> Outputs:
        """Windows of the target that are adapted to, without labels."""
        return self._outputs(self.data.windows("target", "first"))

    def oracle_accuracy(self) -> float:
        """Accuracy on all test windows of the target: no criterion calls this."""
        windows = self.data.labelled_windows("target", "known")
        outputs = self._outputs(windows, len(windows))
        return float((outputs.logits.argmax(1) == outputs.label).double().mean())

    def _outputs(self, windows: Windows, at_most: int | None = None) -> Outputs:
        index = spread(len(windows), at_most or self.max_windows)
        task, precision = task_of(self.pl_module), self.trainer.precision_plugin
        parts: list[tuple[Tensor, Tensor, Tensor]] = []
        with evaluating(self.pl_module), torch.no_grad(), precision.forward_context():
            for start in range(0, len(index), self.data.batch_size):
                gathered = windows.__getitems__(index[start : start + self.data.batch_size])
                batch = self.trainer.strategy.batch_to_device(precision.convert_input(gathered))
                features = task.network(batch["signal"])
                logits = task.classifier(features)
                label = gathered.get("label", torch.empty(0, dtype=torch.int64))
                parts.append((features.float().cpu(), logits.float().cpu(), label))
        return Outputs(*(torch.cat(part) for part in zip(*parts, strict=True)))


def spread(total: int, wanted: int) -> list[int]:
    """Places of at most ``wanted`` windows, each in the middle of an equal share of all.

    Example:
        >>> spread(10, 2), spread(3, 5)
        ([2, 7], [0, 1, 2])
    """
    number = min(total, wanted)
    return [(2 * place + 1) * total // (2 * number) for place in range(number)]
