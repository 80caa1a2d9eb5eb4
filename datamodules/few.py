"""Few labelled windows of the target: which ones, and what they cost the test."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from datamodules.domain import Domain
from datamodules.errors import EmptyDomainError, LabelMismatchError, TooShortError


def spread(count: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw one place in each of ``size`` equal stretches of ``0 ... count - 1``.

    Args:
        count: places to choose from.
        size: places wanted, ``count`` at most.
        rng: of the draw.

    Returns:
        Ascending places, all different, shape ``(size,)``.
    """
    edges = np.arange(size + 1) * count // size
    return rng.integers(edges[:-1], edges[1:])


def give_labels(target: Domain, class_names: Sequence[str], per_class: int, seed: int) -> None:
    """Let some adaptation windows of the target keep their labels, and test none of their samples.

    Windows of a class lie spread over its recordings and their time. They stay among the unlabelled
    ones too. Every test window that shares a raw sample with one of them is given up.

    Args:
        target: changed: part ``labelled`` appears, ``second`` shrinks.
        class_names: known classes; a class that the target lacks has no windows to give.
        per_class: windows of each class.
        seed: of the draw, the one of the split.

    Raises:
        LabelMismatchError: If a recording has no label.
        TooShortError: If a class has fewer windows.
        EmptyDomainError: If nothing is left to test.
    """
    pool = target.windows["first"]
    without = [r.recording_id for r in target.recordings if r.label is None]
    if without:
        raise LabelMismatchError(
            f"labelled_target needs the label of every target recording, '{without[0]}' has none; "
            "set labelled_target: 0"
        )
    labels = np.array([str(r.label) for r in target.recordings])[pool.recording]
    rng = np.random.default_rng(seed)
    chosen: list[NDArray[np.int64]] = []
    for name in class_names:
        own = np.flatnonzero(labels == name)
        if not len(own):
            continue
        if len(own) < per_class:
            raise TooShortError(
                f"target '{target.name}' has {len(own)} windows of {name} to adapt to, fewer than "
                f"labelled_target: {per_class}; lower it, or let windows overlap"
            )
        chosen.append(own[spread(len(own), per_class, rng)])
    labelled = pool.at(np.concatenate(chosen))
    second = target.windows["second"]
    kept = second.at(~second.overlaps(labelled, target.length))
    if not len(kept.start):
        raise EmptyDomainError(
            f"labelled_target: {per_class} leaves no test window in domain '{target.name}' that "
            "shares no sample with a labelled one; lower it, or set protocol: inductive"
        )
    target.windows |= {"labelled": labelled, "second": kept}
