"""The criteria by name: what each reads, and whether more or less of it is better."""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from iadtln.metrics import normalised_entropy
from iadtln.selection.density import soft_neighbourhood_density
from iadtln.selection.dev import density_ratio, dev_risk

CriterionName = Literal["source_accuracy", "target_entropy", "snd", "dev"]


class Outputs(NamedTuple):
    """What a network in evaluation mode makes of some windows."""

    features: Tensor
    """Shape ``(windows, features)``."""
    logits: Tensor
    """Shape ``(windows, classes)``."""
    label: Tensor
    """Class numbers of shape ``(windows,)``; empty, shape ``(0,)``, for windows without labels."""


class Seen(Protocol):
    """The windows a criterion may see; the target's come without labels."""

    @property
    def source_train(self) -> Outputs:
        """Windows of the source that are trained on."""

    @property
    def source_val(self) -> Outputs:
        """Held-out windows of the source, with labels."""

    @property
    def target(self) -> Outputs:
        """Windows of the target that are adapted to."""


class Criterion(NamedTuple):
    """One number that says how good a network is for the target."""

    better: Literal["max", "min"]
    """As ``mode`` of Lightning's ``ModelCheckpoint``."""
    value: Callable[[Seen], float]


def source_accuracy(seen: Seen) -> float:
    """Share of right diagnoses of held-out windows of the source: blind to the target."""
    outputs = seen.source_val
    return float((outputs.logits.argmax(1) == outputs.label).double().mean())


def target_entropy(seen: Seen) -> float:
    r"""Mean entropy of the diagnoses of the target, 0 (sure) to 1.

    Sure is not right: a network that gives all windows one diagnosis is sure too.

    Reference: Morerio et al., Minimal-entropy correlation alignment, ICLR 2018.
    """
    return float(normalised_entropy(seen.target.logits.double().softmax(1)).mean())


def _snd(seen: Seen) -> float:
    return soft_neighbourhood_density(seen.target.logits.double().softmax(1))


def _dev(seen: Seen) -> float:
    """With cross entropy: 0/1 loss is zero for all epochs where the source is learned wholly."""
    validation = seen.source_val
    features = (seen.source_train.features, seen.target.features, validation.features)
    if not all(bool(torch.isfinite(rows).all()) for rows in features):
        return math.nan  # training has diverged, which is not for a criterion to report
    loss = F.cross_entropy(validation.logits.double(), validation.label, reduction="none")
    return dev_risk(density_ratio(*features), loss)


CRITERIA: dict[CriterionName, Criterion] = {
    "source_accuracy": Criterion("max", source_accuracy),
    "target_entropy": Criterion("min", target_entropy),
    "snd": Criterion("max", _snd),
    "dev": Criterion("min", _dev),
}
