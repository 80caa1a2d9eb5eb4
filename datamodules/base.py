"""Pairs of labelled source and unlabelled target windows, for every data set alike."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pandas as pd

from datamodules.cache import default_cache_dir
from datamodules.guard import guard_fitted
from datamodules.loading import (
    OnBad,
    Sides,
    first_process_first,
    fit_transforms,
    load_sides,
    usable_device,
)
from datamodules.pair_loaders import PairLoaders
from datamodules.pairing import Normalisation, Pair, make_pair, seen_in_training
from datamodules.recording import Recording
from datamodules.setting import Protocol, Setting, default_split, listed
from datamodules.splits import Split
from datamodules.summary import summarise
from datamodules.tracks import Storage
from datamodules.transforms import RecordingTransform, Resample
from datamodules.windows import Windowing


class PairedDataModule(PairLoaders, ABC):
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
        storage: of recordings while windows are read: ``memory``, or ``disk`` where they are larger
            (in cache_dir, 4 bytes a sample).
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
        storage: Storage = "memory",
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
        self.storage = storage
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
        for callback in getattr(self.trainer, "callbacks", ()):  # a front end brings its own
            if bring := getattr(callback, "bring_transforms", None):
                self.transforms += bring()
        with first_process_first(self.trainer):
            self._read()

    def _read(self) -> None:
        self.fit_transforms()
        source, target = self._load(self.transforms)
        self._pair = make_pair(
            source,
            target,
            self.all_classes(),
            self.setting,
            self.windowing,
            normalisation=self.normalisation,
            split=self.split,
            split_seed=self.split_seed,
            on_bad=self.on_bad,
            storage=self.storage,
        )
        self.length = self._pair.source.length
        self.summary()  # the guard refuses here, before any training

    def fit_transforms(self) -> None:
        """Let transforms choose what is common to both domains, on what training may see."""
        if any(transform.needs_fit for transform in self.transforms):
            seen = seen_in_training(*self._load([]), self.setting, self.split, self.split_seed)
            fit_transforms(self.transforms, seen, self.transform_device)

    def _load(self, transforms: list[RecordingTransform]) -> Sides:
        return load_sides(
            self.setting,
            self.readers,
            transforms,
            on_bad=self.on_bad,
            device=self.transform_device,
            cache_dir=self.cache_dir,
            storage=self.storage,
        )

    @property
    def pair(self) -> Pair:
        """Both sides in windows, read when first asked for."""
        self.setup("fit")
        assert self._pair is not None
        return self._pair

    def summary(self) -> str:
        """Domains, classes, windows in each class, protocol and leakage guard, as text."""
        text = summarise(self.pair.source, self.pair.target, self.class_names, self.setting)
        fitted = [type(one).__name__ for one in self.transforms if one.fits_each]
        return text + "".join(
            f"\nguard: {line}" for line in guard_fitted(fitted, self.pair.source, self.pair.target)
        )

    def describe(self, split: Literal["test", "unknown", "source_val", "predict"]) -> pd.DataFrame:
        """One row a window of a split: recording, start (sample), domain, label (or None)."""
        return self.pair.describe(split)
