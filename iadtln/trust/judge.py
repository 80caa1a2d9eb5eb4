"""What to make of a network's outputs on windows of a machine whose labels nobody knows."""

from typing import NamedTuple

import torch
from torch import Tensor

from iadtln.selection.dev import density_ratio
from iadtln.trust.conformal import (
    conformal_threshold,
    prediction_sets,
    require_rate,
    scores_of,
    weighted_thresholds,
)
from iadtln.trust.evidence import Evidence, thinned
from iadtln.trust.outliers import ClassCentres, outlier_threshold
from iadtln.trust.reject import selective_threshold
from iadtln.trust.target_accuracy import threshold_of_accuracy
from iadtln.trust.temperature import confidence, temperature

MOST = 1024  # windows that a density ratio is fitted on, of each domain


class Verdicts(NamedTuple):
    """Of some windows, each of shape ``(windows,)`` but the first."""

    probability: Tensor
    """Calibrated, shape ``(windows, classes)``, float64."""
    accepted: Tensor
    """Whether the diagnosis is sure enough for the set risk."""
    foreign: Tensor
    """Whether the window is unlike anything trained on."""
    hit: Tensor
    """Whether it counts as right in the estimate of the accuracy."""


class Judge:
    """Temperature, thresholds and class centres, fitted to held-out source windows.

    Args:
        evidence: what the network made of the source's windows.
        risk: share of wrong diagnoses among the accepted that is allowed.
        miss_rate: of prediction sets.
        accepted: share of held-out source windows that is not called foreign, and of the target's
            windows that the network was adapted to: those are not unlike what it has learned.

    Raises:
        ValueError: If a rate is not above 0 and below 1.
    """

    def __init__(
        self,
        evidence: Evidence,
        risk: float = 0.05,
        miss_rate: float = 0.1,
        accepted: float = 0.95,
    ) -> None:
        require_rate(miss_rate)
        self.evidence, self.miss_rate = evidence, miss_rate
        self.temperature = temperature(evidence.logits, evidence.label)
        self.probability = (evidence.logits.double() / self.temperature).softmax(1)
        self.confidence = confidence(evidence.logits, self.temperature)
        self.correct = evidence.logits.argmax(1) == evidence.label
        self.rejection = selective_threshold(self.confidence, self.correct, risk)
        self.sure = threshold_of_accuracy(self.confidence, self.correct)
        self.centres = ClassCentres(evidence.train_features, evidence.train_label)
        known = [one for one in (evidence.features, evidence.adapted) if len(one)]
        self.far = max(outlier_threshold(self.centres.distance(one), accepted) for one in known)

    def verdicts(self, features: Tensor, logits: Tensor) -> Verdicts:
        """Judge windows one by one.

        Args:
            features: shape ``(windows, features)``.
            logits: shape ``(windows, classes)``.
        """
        probability = (logits.double() / self.temperature).softmax(1)
        sure = probability.amax(1)
        return Verdicts(
            probability,
            sure >= self.rejection.threshold,
            self.centres.distance(features) > self.far,
            sure >= self.sure,
        )

    def sets(self, features: Tensor, probability: Tensor) -> Tensor:
        """Classes that each window may have, if it is of the same kind as the source's.

        Args:
            features: not looked at.
            probability: calibrated, shape ``(windows, classes)``.

        Returns:
            Shape ``(windows, classes)``, bool.
        """
        scores = scores_of(self.probability, self.evidence.label)
        return prediction_sets(probability, conformal_threshold(scores, self.miss_rate))

    def weighted_sets(self, features: Tensor, probability: Tensor) -> Tensor:
        """Classes that each window may have, the source's windows weighted to look like these.

        Args:
            features: of windows to diagnose, shape ``(windows, features)``, three or more.
            probability: calibrated, shape ``(windows, classes)``.

        Returns:
            Shape ``(windows, classes)``, bool.
        """
        train = self.evidence.train_features
        seen = train[thinned(len(train), MOST)], features[thinned(len(features), MOST)]
        ratio = density_ratio(*seen, torch.cat([self.evidence.features, features]))
        source, target = ratio[: len(self.evidence.label)], ratio[len(self.evidence.label) :]
        scores = scores_of(self.probability, self.evidence.label)
        limits = weighted_thresholds(scores, source, target, self.miss_rate)
        return prediction_sets(probability, limits)
