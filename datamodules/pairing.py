"""The two sides of a task: from recordings to domains in windows, as the setting asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from datamodules.agreement import drop_short, require_one_rate, require_same_classes
from datamodules.datasets import (
    JoinedDataset,
    LabelledWindowDataset,
    Normaliser,
    WindowDataset,
    leave,
    standardise,
    standardise_by,
)
from datamodules.domain import Domain, Part, cut_to, require_every_class, without_labels
from datamodules.few import give_labels
from datamodules.loading import OnBad
from datamodules.recording import Recording
from datamodules.setting import Setting
from datamodules.splits import Segment, Split, whole
from datamodules.tracks import Storage
from datamodules.windows import Windowing, window_length

Normalisation = Literal["window", "source", "none"]
Side = Literal["source", "target"]
PARTS: dict[str, Part] = {"test": "known", "unknown": "unknown", "predict": "second"}


@dataclass(frozen=True, eq=False)
class Pair:
    """Source and target, cut in windows.

    Args:
        source: the labelled side, of one domain or several.
        target: the side to diagnose.
        class_names: that the source knows, in the order of their numbers.
        normalisation: of windows.
        source_free: training sees the target alone.
    """

    source: Domain
    target: Domain
    class_names: Sequence[str]
    normalisation: Normalisation
    source_free: bool = False

    def side(self, side: Side) -> Domain:
        """One of the two."""
        return self.source if side == "source" else self.target

    def windows(self, side: Side, part: Part) -> WindowDataset:
        """Windows of one part of a side, without labels."""
        domain = self.side(side)
        return WindowDataset(domain.track, domain.windows[part], domain.length, self._normalise())

    def labelled_windows(self, side: Side, part: Part) -> LabelledWindowDataset:
        """Windows of one part of a side, with the number of their class."""
        domain = self.side(side)
        labels = domain.labels(part, self.class_names)
        return LabelledWindowDataset(
            labels, domain.track, domain.windows[part], domain.length, self._normalise()
        )

    def training(self) -> LabelledWindowDataset | JoinedDataset:
        """Training windows of the source, and those few of the target that have labels."""
        source = self.labelled_windows("source", "first")
        if "labelled" not in self.target.windows:
            return source
        return JoinedDataset([source, self.labelled_windows("target", "labelled")])

    def training_recordings(self) -> list[Recording]:
        """What training may see of both sides, uncut; those of the target know no class."""
        source = [] if self.source_free else self.source.training()
        return [*source, *without_labels(self.target.training())]

    def describe(self, split: str) -> pd.DataFrame:
        """One row a window of a split: recording, start (sample), domain, label (or None)."""
        if split == "source_val":
            return self.source.describe("second")
        return self.target.describe(PARTS[split])

    def _normalise(self) -> Normaliser:
        if self.normalisation == "window":
            return standardise
        if self.normalisation == "none":
            return leave
        return standardise_by(self.source.statistics())


def make_pair(
    source: Sequence[Recording],
    target: Sequence[Recording],
    all_classes: Sequence[str],
    setting: Setting,
    windowing: Windowing,
    *,
    normalisation: Normalisation,
    split: Split,
    split_seed: int,
    on_bad: OnBad,
    storage: Storage = "memory",
) -> Pair:
    """Choose, split and cut the recordings of both sides.

    Args:
        source: of all labelled domains, checked and transformed.
        target: of the domain to diagnose, likewise.
        all_classes: of the data set, in the order of their numbers.
        setting: what the task uses of both.
        windowing: how windows are cut.
        normalisation: of windows.
        split: of the source, and of the target except in protocol ``paper``.
        split_seed: of the split and of the draw of labelled target windows.
        on_bad: what to do with recordings shorter than a window.
        storage: where signals lie.

    Raises:
        DataError: If what was asked for is not there.
    """
    source, target = setting.of_source(source), setting.of_target(target)
    require_one_rate([*source, *target])
    length = window_length(windowing, [*source, *target])
    source, target = (drop_short(recordings, length, on_bad) for recordings in (source, target))
    class_names = setting.known(all_classes)
    require_same_classes(class_names, source, target, setting)
    source_parts = split(source, length, split_seed)
    target_parts: Sequence[Sequence[Segment]] = [whole(target)]
    if setting.protocol == "single":
        target_parts = source_parts
    elif setting.protocol != "paper":
        target_parts = split(without_labels(target), length, split_seed)
    first = Domain("+".join(setting.sources), source, source_parts, length, windowing, storage)
    second = Domain(setting.target, target, target_parts, length, windowing, storage)
    require_every_class(first, class_names, length)
    if setting.labelled_target:
        give_labels(second, class_names, setting.labelled_target, split_seed)
    second.tell_unknown(class_names)
    return Pair(first, second, class_names, normalisation, setting.source_free)


def seen_in_training(
    source: Sequence[Recording],
    target: Sequence[Recording],
    setting: Setting,
    split: Split,
    split_seed: int,
) -> list[Recording]:
    """What a transform that is common to both domains may be fitted on, without labels.

    That is the training part of the source (none if source-free), and of the target what the
    protocol lets training see: all of it under ``paper``, else nothing, or source-free its first
    part. The gap of the split is nearly nothing here, as there are no windows yet: what is seen
    ends before the second part begins all the same.

    Args:
        source: of all labelled domains, as measured.
        target: of the domain to diagnose, likewise.
        setting: what the task uses of both.
        split: as in ``make_pair``.
        split_seed: likewise.
    """
    source, target = setting.of_source(source), without_labels(setting.of_target(target))
    seen = [] if setting.source_free else cut_to(source, split(source, 1, split_seed)[0])
    if setting.protocol == "paper":
        seen += target
    elif setting.source_free:
        seen += cut_to(target, split(target, 1, split_seed)[0])
    return without_labels([recording for recording in seen if recording.num_samples])
