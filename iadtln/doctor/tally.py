"""One recording's windows summed up as they come, in memory that does not grow with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from iadtln.trust import Judge

SAMPLE = 64  # windows of a recording that are kept whole, evenly spaced


@dataclass
class Finding:
    """What is said of one recording: a row of the table.

    Args:
        recording: its file.
        diagnosis: most frequent one of its windows; empty if it failed.
        confidence: mean probability of that diagnosis, calibrated where that is known.
        agreement: share of windows with that diagnosis.
        windows: number of them.
        seconds: length of the recording.
        possible: other classes that prediction sets of half of the windows or more hold too.
        accepted: share of windows that are sure enough for the set risk; None if not known.
        foreign: share of windows unlike anything trained on; None if not known.
        distance: from the classes of the training, of the middle window, in units of the limit
            beyond which windows are foreign; None if not known.
        warnings: sentences.
        failed: whether it could not be diagnosed.
    """

    recording: str
    diagnosis: str = ""
    confidence: float | None = None
    agreement: float | None = None
    windows: int = 0
    seconds: float = 0.0
    possible: str = ""
    accepted: float | None = None
    foreign: float | None = None
    distance: float | None = None
    warnings: str = ""
    failed: bool = False


class Tally:
    """Counts over the windows of one recording.

    Args:
        class_names: in the order of the class numbers.
        judge: of the network; None without calibration.
    """

    def __init__(self, class_names: Sequence[str], judge: Judge | None) -> None:
        self.class_names, self.judge = class_names, judge
        self.votes = torch.zeros(len(class_names), dtype=torch.int64)
        self.probability = torch.zeros(len(class_names), dtype=torch.float64)
        self.accepted = self.foreign = self.hits = self.windows = 0
        self.stride = 1  # between windows that are kept
        self.kept: list[tuple[Tensor, Tensor]] = []  # features and probability of each

    def add(self, features: Tensor, logits: Tensor) -> Tensor:
        """Count windows in.

        Args:
            features: shape ``(windows, features)``.
            logits: shape ``(windows, classes)``.

        Returns:
            Their probabilities, shape ``(windows, classes)``, float64.
        """
        probability = logits.double().softmax(1)
        if self.judge is not None:
            verdicts = self.judge.verdicts(features, logits)
            probability = verdicts.probability
            self.accepted += int(verdicts.accepted.sum())
            self.foreign += int(verdicts.foreign.sum())
            self.hits += int(verdicts.hit.sum())
        self.votes += torch.bincount(logits.argmax(1), minlength=len(self.votes))
        self.probability += probability.sum(0)
        first = -self.windows % self.stride
        for i in range(first, len(logits), self.stride):  # copies: a view holds its whole batch
            self.kept.append((features[i].clone(), probability[i].clone()))
        self.windows += len(logits)
        while len(self.kept) > 2 * SAMPLE:
            self.kept, self.stride = self.kept[::2], 2 * self.stride
        return probability

    def sample(self) -> tuple[Tensor, Tensor]:
        """Features and probabilities of some windows, evenly spaced."""
        features, probability = zip(*self.kept, strict=True)
        return torch.stack(features), torch.stack(probability)

    def finding(self, recording: str, seconds: float) -> Finding:
        """The row of this recording."""
        voted = int(self.votes.argmax())
        found = Finding(
            recording,
            self.class_names[voted],
            float(self.probability[voted]) / self.windows,
            int(self.votes[voted]) / self.windows,
            self.windows,
            seconds,
        )
        if self.judge is not None:
            found.accepted = self.accepted / self.windows
            found.foreign = self.foreign / self.windows
            squared = self.judge.centres.distance(self.sample()[0]).median()
            found.distance = float(squared / self.judge.far) ** 0.5
        return found


def doubts(found: Finding, risk: float) -> list[str]:
    """What the numbers of a row warn of, as sentences.

    Args:
        found: the row.
        risk: share of wrong diagnoses that is allowed.
    """
    sentences = []
    if found.foreign is not None and found.foreign > 0.5:
        sentences.append(
            f"unlike anything trained on ({100 * found.foreign:.0f} % of windows, typically "
            f"{found.distance:.1f} times the distance allowed)"
        )
    if found.accepted is not None and found.accepted < 0.5:
        sentences.append(
            f"not sure enough for a risk of {100 * risk:g} % "
            f"({100 * (1 - found.accepted):.0f} % of windows rejected)"
        )
    if found.agreement is not None and found.agreement < 0.5:
        sentences.append("windows disagree")
    return sentences


def add_sets(
    findings: Sequence[Finding],
    tallies: Sequence[Tally | None],
    judge: Judge | None,
    sets: Literal["plain", "weighted"],
) -> None:
    """Name what else each recording may have, by prediction sets of some of its windows.

    Weighted sets give the source's windows the weight of their likeness to these recordings. They
    are of use where the recordings hold every class in the training's shares: a few recordings of
    one fault are no shift of features only, and their sets hold every class. A class is named if
    half of a recording's sets or more hold it; that is a summary of promises about windows, not a
    promise about recordings.

    Args:
        findings: rows; ``possible`` is set.
        tallies: of each row, None where it failed.
        judge: of the network; without one nothing is done.
        sets: weighted or not.
    """
    seen = [(row, tally) for row, tally in zip(findings, tallies, strict=True) if tally]
    if judge is None or sum(len(tally.kept) for _, tally in seen) < 3:
        return
    samples = [tally.sample() for _, tally in seen]
    features, probability = (torch.cat(rows) for rows in zip(*samples, strict=True))
    weigh = judge.weighted_sets if sets == "weighted" else judge.sets
    found = weigh(features, probability)
    for (row, tally), own in zip(
        seen, torch.split(found, [len(p) for _, p in samples]), strict=True
    ):
        often = own.double().mean(0) >= 0.5
        names = [name for name, one in zip(tally.class_names, often.tolist(), strict=True) if one]
        row.possible = ", ".join(name for name in names if name != row.diagnosis)
