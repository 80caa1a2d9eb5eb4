"""Pairs of labelled source and unlabelled target windows, for every data set alike."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
from lightning import LightningDataModule
from lightning.pytorch.utilities import CombinedLoader
from torch import Tensor
from torch.utils.data import DataLoader

from datamodules.cache import default_cache_dir
from datamodules.datasets import (
    LabelledWindowDataset,
    Normaliser,
    WindowDataset,
    leave,
    standardise,
    standardise_by,
)
from datamodules.domain import Domain, Part, require_every_class, without_labels
from datamodules.errors import EmptyDomainError
from datamodules.loaders import EpochSampler, make_loader, stream
from datamodules.loading import (
    OnBad,
    drop_short,
    load_domain,
    require_one_rate,
    require_same_classes,
    usable_device,
)
from datamodules.recording import Recording
from datamodules.splits import Segment, Split, TimeSplit, whole
from datamodules.summary import summarise
from datamodules.transforms import RecordingTransform, Resample
from datamodules.windows import Windowing, window_length

Batch = dict[str, Tensor]


class PairedDataModule(LightningDataModule, ABC):
    """A labelled source domain and a target domain whose labels are only for the test.

    Args:
        source: domain to learn from, with labels.
        target: domain to diagnose, without.
        windowing: how windows are cut.
        transforms: applied to whole recordings before windows are cut, cached on disk.
        normalisation: of windows: ``window`` each by itself, ``source`` by the mean and deviation
            of the source's training part, or ``none``.
        protocol: ``paper`` adapts to and tests on the same target windows (transductive, as
            published); ``inductive`` splits the target.
        split: of the source in training and validation, and of the target if inductive: by time
            (default), recording or bearing.
        split_seed: seed of the split, apart from the seed of the training.
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
        source: str,
        target: str,
        *,
        windowing: Windowing = Windowing(),  # noqa: B008 (frozen)
        transforms: list[RecordingTransform] | None = None,
        normalisation: Literal["window", "source", "none"] = "window",
        protocol: Literal["paper", "inductive"] = "paper",
        split: Split | None = None,
        split_seed: int = 0,
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
        self.source, self.target = source, target
        self.windowing = windowing
        self.transforms = list(transforms or [])
        if resample_hz is not None:
            self.transforms.insert(0, Resample(resample_hz))
        self.normalisation = normalisation
        self.protocol = protocol
        self.split = split or TimeSplit()
        self.split_seed, self.order_seed = split_seed, order_seed
        self.batch_size, self.num_workers = batch_size, num_workers
        self.on_bad = on_bad
        self.transform_device = usable_device(transform_device)
        self.cache_dir = Path(cache_dir) if cache_dir else default_cache_dir()
        self.length = 0  # samples in a window, known after setup
        self._domains: tuple[Domain, Domain] | None = None

    @property
    @abstractmethod
    def class_names(self) -> list[str]:
        """Names of the classes in the order of their numbers, known before any signal is read."""

    @abstractmethod
    def domains(self) -> list[str]:
        """Names that ``source`` and ``target`` may have."""

    @abstractmethod
    def readers(self, domain: str) -> list[Callable[[], Recording]]:
        """One function for each recording of a domain, which reads it when called."""

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def channels(self) -> int:
        """Channels of a window."""
        return 1

    def setup(self, stage: str) -> None:
        """Read both domains and cut them in windows; later stages find them there."""
        if self._domains is not None:
            return
        source, target = (self._load(domain) for domain in (self.source, self.target))
        require_one_rate([*source, *target])
        self.length = window_length(self.windowing, [*source, *target])
        source, target = (
            drop_short(recordings, self.length, self.on_bad) for recordings in (source, target)
        )
        require_same_classes(self.class_names, source, target)
        source_parts = self.split(source, self.length, self.split_seed)
        target_parts: Sequence[Sequence[Segment]] = [whole(target)]
        if self.protocol == "inductive":
            target_parts = self.split(without_labels(target), self.length, self.split_seed)
        self._domains = (
            Domain(self.source, source, source_parts, self.length, self.windowing),
            Domain(self.target, target, target_parts, self.length, self.windowing),
        )
        require_every_class(self._domains[0], self.class_names, self.length)
        self.summary()  # the guard refuses here, before any training

    def _load(self, domain: str) -> list[Recording]:
        if domain not in self.domains():
            raise EmptyDomainError(
                f"there is no domain '{domain}'; choose from {', '.join(self.domains())}"
            )
        return load_domain(
            domain,
            self.readers(domain),
            self.transforms,
            on_bad=self.on_bad,
            device=self.transform_device,
            cache_dir=self.cache_dir,
        )

    def _both(self) -> tuple[Domain, Domain]:
        if self._domains is None:
            self.setup("fit")
        assert self._domains is not None
        return self._domains

    def summary(self) -> str:
        """Domains, classes, windows in each class, protocol and leakage guard, as text."""
        return summarise(*self._both(), self.class_names, self.protocol, self.length)

    def describe(self, split: Literal["test", "source_val", "predict"]) -> pd.DataFrame:
        """One row a window of a split: recording, start (sample), domain, label (or None)."""
        source, target = self._both()
        return source.describe("second") if split == "source_val" else target.describe("second")

    def windows(self, side: Literal["source", "target"], part: Part) -> WindowDataset:
        """Windows of one part of a domain, without labels."""
        domain = self._both()[side == "target"]
        return WindowDataset(domain.track, domain.windows[part], self.length, self._normalise())

    def labelled_windows(
        self, side: Literal["source", "target"], part: Part
    ) -> LabelledWindowDataset:
        """Windows of one part of a domain, with the number of their class."""
        domain = self._both()[side == "target"]
        labels = domain.labels(part, self.class_names)
        return LabelledWindowDataset(
            labels, domain.track, domain.windows[part], self.length, self._normalise()
        )

    def _normalise(self) -> Normaliser:
        if self.normalisation == "window":
            return standardise
        if self.normalisation == "none":
            return leave
        return standardise_by(self._both()[0].statistics())

    def _training_loader(self, name: str, dataset: WindowDataset) -> DataLoader[Batch]:
        world, rank = 1, 0
        if self.trainer is not None:
            world, rank = self.trainer.world_size, self.trainer.global_rank
        if len(dataset) // world < self.batch_size:
            raise EmptyDomainError(
                f"the {name} domain has {len(dataset)} training windows for {world} process(es), "
                f"fewer than one batch of {self.batch_size} each; lower batch_size or let windows "
                "overlap"
            )
        seed = self.order_seed
        if seed is None:
            seed = int(os.environ.get("PL_GLOBAL_SEED", "0"))
        sampler = EpochSampler(dataset, world, rank, seed=stream(seed, name), drop_last=True)
        return make_loader(dataset, self.batch_size, sampler, self.num_workers)

    def train_dataloader(self) -> CombinedLoader:
        """Pairs of batches; the target's has no ``label`` key, so no loss can read it."""
        source = self.labelled_windows("source", "first")
        target = self.windows("target", "first")
        loaders = {
            "source": self._training_loader("source", source),
            "target": self._training_loader("target", target),
        }
        return CombinedLoader(loaders, "max_size_cycle")

    def val_dataloader(self) -> DataLoader[Batch]:
        """Labelled windows of the source: the only labels that validation may see."""
        return make_loader(self.labelled_windows("source", "second"), self.batch_size)

    def test_dataloader(self) -> list[DataLoader[Batch]]:
        """The target's test windows with labels, then the source's validation, for pictures."""
        target = self.labelled_windows("target", "second")
        source = self.labelled_windows("source", "second")
        return [make_loader(dataset, self.batch_size) for dataset in (target, source)]

    def predict_dataloader(self) -> DataLoader[Batch]:
        """The target's test windows without labels."""
        return make_loader(self.windows("target", "second"), self.batch_size)
