"""Pairs of labelled source and unlabelled target windows, for every data set alike."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pandas as pd
from lightning import LightningDataModule
from lightning.pytorch.utilities import CombinedLoader
from torch import Tensor
from torch.utils.data import DataLoader

from datamodules.cache import default_cache_dir
from datamodules.datasets import LabelledWindowDataset, WindowDataset
from datamodules.domain import Part
from datamodules.loaders import make_loader, training_loader
from datamodules.loading import OnBad, fit_transforms, load_domain, usable_device
from datamodules.pairing import Normalisation, Pair, Side, make_pair
from datamodules.recording import Recording
from datamodules.setting import Protocol, Setting, default_split, listed
from datamodules.splits import Split
from datamodules.summary import summarise
from datamodules.transforms import RecordingTransform, Resample
from datamodules.windows import Windowing

Batch = dict[str, Tensor]


class PairedDataModule(LightningDataModule, ABC):
    """A labelled source domain and a target domain whose labels are only for the test.

    Args:
        source: domain to learn from, with labels; several as a list.
        target: domain to diagnose, without.
        windowing: how windows are cut.
        transforms: applied to whole recordings before windows are cut, cached on disk.
        normalisation: of windows: ``window`` each by itself, ``source`` by the mean and deviation
            of the source's training part, or ``none``.
        protocol: ``paper`` adapts to and tests on the same target windows (transductive, as
            published); ``inductive`` splits the target; ``recording`` does so by whole recordings;
            ``bearing`` splits it in time and refuses domains that share a physical bearing;
            ``single`` tests in the domain that is trained on (source and target the same).
        split: of the source in training and validation, and of the target unless the protocol is
            ``paper``: by time (default), recording (default of protocol ``recording``) or bearing.
        split_seed: seed of the split, apart from the seed of the training.
        source_classes: open set: the source knows these classes only, and all others of the target
            are unknown; the test says how many of them are rejected.
        target_classes: partial: the target holds these classes only, chosen by its labels.
        labelled_target: windows of each class of the target that train with their labels, and are
            not tested.
        source_free: train on the target alone, from a checkpoint; the source validates only.
        batch_size: windows of each domain in a step, in each process.
        resample_hz: common sampling rate; needed where recordings differ.
        on_bad: ``raise`` at the first unusable recording, or ``skip`` it with a warning.
        num_workers: processes that gather batches; 0 is fast, as windows lie in memory.
        order_seed: seed of the order of batches; default: the one of seed_everything.
        transform_device: where transforms are computed, ``cpu`` or ``cuda``.
        cache_dir: folder of transformed recordings; default ``$IADTLN_CACHE_DIR`` or the user's.
    """

    def __init__(
        self,
        source: str | list[str],
        target: str,
        *,
        windowing: Windowing = Windowing(),  # noqa: B008 (frozen)
        transforms: list[RecordingTransform] | None = None,
        normalisation: Normalisation = "window",
        protocol: Protocol = "paper",
        split: Split | None = None,
        split_seed: int = 0,
        source_classes: list[str] | None = None,
        target_classes: list[str] | None = None,
        labelled_target: int = 0,
        source_free: bool = False,
        batch_size: int = 64,
        resample_hz: float | None = None,
        on_bad: OnBad = "raise",
        num_workers: int = 0,
        order_seed: int | None = None,
        transform_device: str = "cpu",
        cache_dir: str | None = None,
    ) -> None:
        super().__init__()
        if batch_size < 1 or num_workers < 0 or (resample_hz is not None and resample_hz <= 0):
            raise ValueError(
                "expected batch_size >= 1, num_workers >= 0 and resample_hz > 0, "
                f"got {batch_size}, {num_workers} and {resample_hz}"
            )
        self.setting = Setting(
            listed(source),
            target,
            protocol,
            source_classes=source_classes,
            target_classes=target_classes,
            labelled_target=labelled_target,
            source_free=source_free,
        )
        self.source, self.target = "+".join(self.setting.sources), target  # names to show
        self.windowing = windowing
        self.transforms = list(transforms or [])
        if resample_hz is not None:
            self.transforms.insert(0, Resample(resample_hz))
        self.normalisation = normalisation
        self.protocol, self.labelled_target = protocol, labelled_target
        self.split = split or default_split(protocol)
        self.split_seed, self.order_seed = split_seed, order_seed
        self.batch_size, self.num_workers = batch_size, num_workers
        self.on_bad = on_bad
        self.transform_device = usable_device(transform_device)
        self.cache_dir = Path(cache_dir) if cache_dir else default_cache_dir()
        self.length = 0  # samples in a window, known after setup
        self._pair: Pair | None = None

    @abstractmethod
    def all_classes(self) -> list[str]:
        """Names of the data set's classes in the order of their numbers, before any is read."""

    @abstractmethod
    def domains(self) -> list[str]:
        """Names that ``source`` and ``target`` may have."""

    @abstractmethod
    def readers(self, domain: str) -> list[Callable[[], Recording]]:
        """One function for each recording of a domain, which reads it when called."""

    @property
    def class_names(self) -> list[str]:
        """Names of the classes that the source knows, in the order of their numbers."""
        return self.setting.known(self.all_classes())

    @property
    def open_set(self) -> bool:
        """Whether the target has classes that the source does not know."""
        return self.setting.source_classes is not None

    @property
    def num_classes(self) -> int:
        """Number of classes that the source knows."""
        return len(self.class_names)

    @property
    def channels(self) -> int:
        """Channels of a window."""
        return 1

    def setup(self, stage: str) -> None:
        """Read both domains and cut them in windows; later stages find them there."""
        if self._pair is not None:
            return
        self.setting.require_domains(self.domains())
        for callback in getattr(self.trainer, "callbacks", ()):  # a front end may bring its own
            self.transforms += getattr(callback, "recording_transforms", list)()
        self.fit_transforms()
        self._pair = make_pair(
            [recording for name in self.setting.sources for recording in self._load(name)],
            self._load(self.target),
            self.all_classes(),
            self.setting,
            self.windowing,
            normalisation=self.normalisation,
            split=self.split,
            split_seed=self.split_seed,
            on_bad=self.on_bad,
        )
        self.length = self._pair.source.length
        self.summary()  # the guard refuses here, before any training

    def fit_transforms(self) -> None:
        """On the source, and on the target where the protocol shows training all of it."""
        shown = [*self.setting.sources, *([self.target] if self.protocol == "paper" else [])]
        readers = [read for domain in shown for read in self.readers(domain)]
        fit_transforms(self.transforms, readers, self.transform_device)

    def _load(self, domain: str) -> list[Recording]:
        return load_domain(
            domain,
            self.readers(domain),
            self.transforms,
            on_bad=self.on_bad,
            device=self.transform_device,
            cache_dir=self.cache_dir,
        )

    @property
    def pair(self) -> Pair:
        """Both sides in windows, read when first asked for."""
        self.setup("fit")
        assert self._pair is not None
        return self._pair

    def summary(self) -> str:
        """Domains, classes, windows in each class, protocol and leakage guard, as text."""
        return summarise(self.pair.source, self.pair.target, self.class_names, self.setting)

    def describe(self, split: Literal["test", "unknown", "source_val", "predict"]) -> pd.DataFrame:
        """One row a window of a split: recording, start (sample), domain, label (or None)."""
        return self.pair.describe(split)

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
        return make_loader(self.labelled_windows("source", "second"), self.batch_size)

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
        return [make_loader(dataset, self.batch_size) for dataset in datasets]

    def predict_dataloader(self) -> DataLoader[Batch]:
        """The target's test windows without labels."""
        return make_loader(self.windows("target", "second"), self.batch_size)
