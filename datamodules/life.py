"""Classes for a run to failure, which has none: its first part is healthy, its last part worn."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

CLASSES = ["healthy", "worn"]


def check_shares(healthy_share: float, worn_share: float, per_class: int) -> None:
    """Raise unless the two parts of a life are apart and hold something.

    Raises:
        ValueError: Naming what was given.
    """
    if not (healthy_share > 0 and worn_share > 0 and healthy_share + worn_share <= 1):
        raise ValueError(
            "expected healthy_share and worn_share above 0 and together at most 1, "
            f"got {healthy_share} and {worn_share}"
        )
    if per_class < 1:
        raise ValueError(f"expected per_class of 1 or more, got {per_class}")


def by_share_of_life(
    paths: Sequence[Path],
    shares: Sequence[float],
    healthy_share: float,
    worn_share: float,
    per_class: int,
) -> list[tuple[Path, str]]:
    """Snapshots from the two ends of a life, with their class.

    Nobody opened the bearing at its half: what lies between is neither, and is left out.

    Args:
        paths: snapshots in order of time.
        shares: how much of its whole life each bearing had behind it then, 0 to 1; what was
            measured after the documented end (above 1) is left out.
        healthy_share: the first part of a life.
        worn_share: the last part.
        per_class: snapshots of each class at most, evenly spaced in its part.

    Returns:
        Path and class, in order of time.

    Example:
        >>> paths = [Path(str(number)) for number in range(5)]
        >>> chosen = by_share_of_life(paths, [0.0, 0.25, 0.5, 0.75, 1.0], 0.3, 0.2, 50)
        >>> [(path.name, label) for path, label in chosen]
        [('0', 'healthy'), ('1', 'healthy'), ('4', 'worn')]
    """
    life = np.asarray(shares)
    parts = {"healthy": life <= healthy_share, "worn": (life > 1 - worn_share) & (life <= 1)}
    chosen = []
    for label, inside in parts.items():
        places = np.flatnonzero(inside)
        spaced = np.linspace(0, len(places) - 1, min(per_class, len(places))).round().astype(int)
        chosen += [(paths[place], label) for place in places[spaced]]
    return chosen
