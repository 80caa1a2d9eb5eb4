"""The two sides of a task: from recordings to domains in windows, as the setting asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from datamodules.datasets import (
    JoinedDataset,
    LabelledWindowDataset,
    Normaliser,
    WindowDataset,
    leave,
    standardise,
    standardise_by,
)
from datamodules.domain import Domain, Part, require_every_class, without_labels
from datamodules.few import give_labels
from datamodules.loading import OnBad, drop_short, require_one_rate, require_same_classes
from datamodules.recording import Recording
from datamodules.setting import Setting
from datamodules.splits import Segment, Split, whole
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
    """

    source: Domain
    target: Domain
    class_names: Sequence[str]
    normalisation: Normalisation

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
        return [*self.source.training(), *without_labels(self.target.training())]

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
    first = Domain("+".join(setting.sources), source, source_parts, length, windowing)
    second = Domain(setting.target, target, target_parts, length, windowing)
    require_every_class(first, class_names, length)
    if setting.labelled_target:
        give_labels(second, class_names, setting.labelled_target, split_seed)
    second.tell_unknown(class_names)
    return Pair(first, second, class_names, normalisation)
