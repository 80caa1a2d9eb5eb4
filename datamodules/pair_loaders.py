"""The loaders of a pair of domains: what training, validation, test and prediction see of it."""

from abc import abstractmethod

from lightning import LightningDataModule
from lightning.pytorch.utilities import CombinedLoader
from torch import Tensor
from torch.utils.data import DataLoader

from datamodules.datasets import LabelledWindowDataset, WindowDataset
from datamodules.domain import Part
from datamodules.loaders import evaluation_loader, training_loader
from datamodules.pairing import Pair, Side
from datamodules.setting import Setting

Batch = dict[str, Tensor]


class PairLoaders(LightningDataModule):
    """Windows and loaders of a pair.

    Attributes:
        setting: what the task uses of both sides.
        batch_size: windows of each domain in a step, in each process.
        order_seed: of the order of batches; that of seed_everything by default.
        num_workers: processes that gather batches.
    """

    setting: Setting
    batch_size: int
    order_seed: int | None
    num_workers: int

    @property
    @abstractmethod
    def pair(self) -> Pair:
        """Both sides in windows."""

    @property
    def open_set(self) -> bool:
        """Whether the target has classes that the source does not know."""
        return self.setting.source_classes is not None

    def windows(self, side: Side, part: Part) -> WindowDataset:
        """Windows of one part of a side, without labels."""
        return self.pair.windows(side, part)

    def labelled_windows(self, side: Side, part: Part) -> LabelledWindowDataset:
        """Windows of one part of a side, with the number of their class."""
        return self.pair.labelled_windows(side, part)

    def train_dataloader(self) -> CombinedLoader:
        """Pairs of batches; the target's has no ``label`` key, so no loss can read it.

        Source-free batches have no ``source``.
        """
        datasets = {} if self.setting.source_free else {"source": self.pair.training()}
        loaders = {
            name: training_loader(
                name,
                dataset,
                self.batch_size,
                self.trainer,
                self.order_seed,
                self.num_workers,
            )
            for name, dataset in {**datasets, "target": self.windows("target", "first")}.items()
        }
        return CombinedLoader(loaders, "max_size_cycle")

    def val_dataloader(self) -> DataLoader[Batch]:
        """Labelled windows of the source: the only labels that validation may see."""
        return self._evaluated(self.labelled_windows("source", "second"))

    def test_dataloader(self) -> list[DataLoader[Batch]]:
        """The target's test windows with labels, then the source's validation, for pictures.

        In an open set the first are of known classes, and a third loader has the unknown ones;
        their label is the number of known classes.
        """
        datasets = [
            self.labelled_windows("target", "known"),
            self.labelled_windows("source", "second"),
        ]
        if self.open_set:
            datasets.append(self.labelled_windows("target", "unknown"))
        return [self._evaluated(dataset) for dataset in datasets]

    def predict_dataloader(self) -> DataLoader[Batch]:
        """The target's test windows without labels."""
        return self._evaluated(self.windows("target", "second"))

    def _evaluated(self, dataset: WindowDataset) -> DataLoader[Batch]:
        return evaluation_loader(dataset, self.batch_size, self.trainer)
